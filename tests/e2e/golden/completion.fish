complete -c idpd -n __fish_use_subcommand -a validate -d 'check the files, offline: no token, no network, no secrets'
complete -c idpd -n '__fish_seen_subcommand_from validate' -l help
complete -c idpd -n '__fish_seen_subcommand_from validate' -l help-all
complete -c idpd -n '__fish_seen_subcommand_from validate' -l strict
complete -c idpd -n '__fish_seen_subcommand_from validate' -l output
complete -c idpd -n __fish_use_subcommand -a plan -d 'show what differs and what would be done; changes nothing'
complete -c idpd -n '__fish_seen_subcommand_from plan' -l help
complete -c idpd -n '__fish_seen_subcommand_from plan' -l help-all
complete -c idpd -n '__fish_seen_subcommand_from plan' -l account
complete -c idpd -n '__fish_seen_subcommand_from plan' -l only
complete -c idpd -n '__fish_seen_subcommand_from plan' -l output
complete -c idpd -n '__fish_seen_subcommand_from plan' -l out
complete -c idpd -n '__fish_seen_subcommand_from plan' -l git-rev
complete -c idpd -n '__fish_seen_subcommand_from plan' -l detailed-exitcode
complete -c idpd -n __fish_use_subcommand -a apply -d 'carry the plan out, after asking'
complete -c idpd -n '__fish_seen_subcommand_from apply' -l help
complete -c idpd -n '__fish_seen_subcommand_from apply' -l help-all
complete -c idpd -n '__fish_seen_subcommand_from apply' -l account
complete -c idpd -n '__fish_seen_subcommand_from apply' -l only
complete -c idpd -n '__fish_seen_subcommand_from apply' -l output
complete -c idpd -n '__fish_seen_subcommand_from apply' -l auto-approve
complete -c idpd -n '__fish_seen_subcommand_from apply' -l allow-deletes
complete -c idpd -n '__fish_seen_subcommand_from apply' -l max-deletes
complete -c idpd -n '__fish_seen_subcommand_from apply' -l allow-empty
complete -c idpd -n '__fish_seen_subcommand_from apply' -l resend-secrets
complete -c idpd -n '__fish_seen_subcommand_from apply' -l expect
complete -c idpd -n '__fish_seen_subcommand_from apply' -l lock-timeout
complete -c idpd -n __fish_use_subcommand -a run -d 'the daemon: keeps every account as the files say, or watches it'
complete -c idpd -n '__fish_seen_subcommand_from run' -l help
complete -c idpd -n '__fish_seen_subcommand_from run' -l help-all
complete -c idpd -n __fish_use_subcommand -a check -d 'probe identity providers without a login; sends each secret to the endpoint that its file names'
complete -c idpd -n '__fish_seen_subcommand_from check' -l help
complete -c idpd -n '__fish_seen_subcommand_from check' -l help-all
complete -c idpd -n '__fish_seen_subcommand_from check' -l account
complete -c idpd -n '__fish_seen_subcommand_from check' -l output
complete -c idpd -n '__fish_seen_subcommand_from check' -l control
complete -c idpd -n __fish_use_subcommand -a import -d 'write what lives as YAML, secrets as references to be filled'
complete -c idpd -n '__fish_seen_subcommand_from import' -l help
complete -c idpd -n '__fish_seen_subcommand_from import' -l help-all
complete -c idpd -n '__fish_seen_subcommand_from import' -l account
complete -c idpd -n '__fish_seen_subcommand_from import' -l out
complete -c idpd -n '__fish_seen_subcommand_from import' -l adopt
complete -c idpd -n __fish_use_subcommand -a status -d 'what the daemon knows: whether all is well, and what is not'
complete -c idpd -n '__fish_seen_subcommand_from status' -l help
complete -c idpd -n '__fish_seen_subcommand_from status' -l help-all
complete -c idpd -n '__fish_seen_subcommand_from status' -l output
complete -c idpd -n __fish_use_subcommand -a history -d 'what the daemon saw: incidents and passes, newest first'
complete -c idpd -n '__fish_seen_subcommand_from history' -l help
complete -c idpd -n '__fish_seen_subcommand_from history' -l help-all
complete -c idpd -n '__fish_seen_subcommand_from history' -l output
complete -c idpd -n __fish_use_subcommand -a forget -d 'stop managing one that the files no longer name, without deleting it'
complete -c idpd -n '__fish_seen_subcommand_from forget' -l help
complete -c idpd -n '__fish_seen_subcommand_from forget' -l help-all
complete -c idpd -n '__fish_seen_subcommand_from forget' -l account
complete -c idpd -n __fish_use_subcommand -a approve -d 'ask the running daemon to carry out exactly the withheld plan of this fingerprint'
complete -c idpd -n '__fish_seen_subcommand_from approve' -l help
complete -c idpd -n '__fish_seen_subcommand_from approve' -l help-all
complete -c idpd -n __fish_use_subcommand -a init -d 'write a settings file and what belongs beside it into this folder; overwrites nothing'
complete -c idpd -n '__fish_seen_subcommand_from init' -l help
complete -c idpd -n '__fish_seen_subcommand_from init' -l help-all
complete -c idpd -n '__fish_seen_subcommand_from init' -l account-id
complete -c idpd -n '__fish_seen_subcommand_from init' -l alias
complete -c idpd -n '__fish_seen_subcommand_from init' -l ci
complete -c idpd -n __fish_use_subcommand -a schema -d 'print the JSON Schema for editors'
complete -c idpd -n '__fish_seen_subcommand_from schema' -l help
complete -c idpd -n '__fish_seen_subcommand_from schema' -l help-all
complete -c idpd -n __fish_use_subcommand -a completion -d 'print a completion script'
complete -c idpd -n '__fish_seen_subcommand_from completion' -l help
complete -c idpd -n '__fish_seen_subcommand_from completion' -l help-all
complete -c idpd -n __fish_use_subcommand -a version -d 'print the version'
complete -c idpd -n '__fish_seen_subcommand_from version' -l help
complete -c idpd -n '__fish_seen_subcommand_from version' -l help-all

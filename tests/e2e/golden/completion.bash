_idpd() {
  local words="validate plan apply run check import status history forget approve init schema completion version" word
  for word in "${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do
    case $word in
    validate) words="--help --help-all --strict --output" ;;
    plan) words="--help --help-all --account --only --output --out --git-rev --detailed-exitcode" ;;
    apply) words="--help --help-all --account --only --output --auto-approve --allow-deletes --max-deletes --allow-empty --resend-secrets --expect --lock-timeout" ;;
    run) words="--help --help-all" ;;
    check) words="--help --help-all --account --output --control" ;;
    import) words="--help --help-all --account --out --adopt" ;;
    status) words="--help --help-all --output" ;;
    history) words="--help --help-all --output" ;;
    forget) words="--help --help-all --account" ;;
    approve) words="--help --help-all" ;;
    init) words="--help --help-all --account-id --alias --ci" ;;
    schema) words="--help --help-all" ;;
    completion) words="--help --help-all" ;;
    version) words="--help --help-all" ;;
    esac
  done
  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _idpd idpd

# What the Debian package holds beside the program, and the package itself (`cpack -G DEB`). Only with IDPD_PACKAGE,
# since it runs the program to have its completions and schemas. tests/package/build does all of it.

find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(made ${CMAKE_BINARY_DIR}/package)
set(packaging ${PROJECT_SOURCE_DIR}/systemd)
file(MAKE_DIRECTORY ${made}/doc ${made}/control)

# Completions and schemas are what the program prints.
set(program_texts "")
function(idpd_prints file)
  add_custom_command(OUTPUT ${made}/${file} COMMAND idpd ${ARGN} > ${made}/${file} DEPENDS idpd VERBATIM)
  set(program_texts ${program_texts} ${made}/${file} PARENT_SCOPE)
endfunction()
idpd_prints(idpd.bash completion bash)
idpd_prints(idpd.zsh completion zsh)
idpd_prints(idpd.fish completion fish)
idpd_prints(identity-providers.json schema identity-providers)
idpd_prints(settings.json schema settings)
# As a file that zsh loads by itself, it has to say whose completion it is and complete the first time, too.
add_custom_command(OUTPUT ${made}/_idpd DEPENDS ${made}/idpd.zsh VERBATIM
  COMMAND sh -c "{ echo '#compdef idpd'; cat idpd.zsh; echo '_bash_complete -F _idpd'; } > _idpd" WORKING_DIRECTORY ${made})

# Man pages, the changelog and their compressed forms, which are the same in every build (-n).
file(GLOB man_sources CONFIGURE_DEPENDS ${packaging}/man/*.in)
set(manuals "")
foreach(source ${man_sources})
  get_filename_component(name ${source} NAME_WLE)
  list(APPEND manuals ${made}/man/${name}.gz)
endforeach()
add_custom_command(OUTPUT ${manuals} DEPENDS ${man_sources} ${packaging}/man/generate.py ${SCHEMA_DOCUMENTS} VERBATIM
  COMMAND ${Python3_EXECUTABLE} -B ${packaging}/man/generate.py ${made}/man
  COMMAND sh -c "gzip -9nf man/*.[15]" WORKING_DIRECTORY ${made})
add_custom_command(OUTPUT ${made}/doc/changelog.Debian.gz DEPENDS ${packaging}/debian/changelog VERBATIM
  COMMAND sh -c "gzip -9nc ${packaging}/debian/changelog > ${made}/doc/changelog.Debian.gz")
add_custom_target(idpd_package_files ALL
  DEPENDS ${program_texts} ${made}/_idpd ${manuals} ${made}/doc/changelog.Debian.gz)

pkg_get_variable(unit_folder systemd systemd_system_unit_dir)
if(NOT unit_folder)
  set(unit_folder /lib/systemd/system)
endif()
install(FILES ${packaging}/idpd.service ${packaging}/idpd-drift.service ${packaging}/idpd-drift.timer
  DESTINATION ${unit_folder})
install(FILES ${packaging}/idpd.sysusers DESTINATION lib/sysusers.d RENAME idpd.conf)
install(FILES ${made}/man/idpd.1.gz DESTINATION share/man/man1)
install(FILES ${made}/man/idpd.yaml.5.gz ${made}/man/idpd-identity-providers.5.gz DESTINATION share/man/man5)
install(FILES ${made}/idpd.bash DESTINATION share/bash-completion/completions RENAME idpd)
install(FILES ${made}/_idpd DESTINATION share/zsh/vendor-completions)
install(FILES ${made}/idpd.fish DESTINATION share/fish/vendor_completions.d)
install(FILES ${made}/identity-providers.json ${made}/settings.json DESTINATION share/idpd/schema)
install(FILES ${made}/doc/changelog.Debian.gz DESTINATION share/doc/idpd)
install(FILES ${packaging}/debian/copyright ${PROJECT_SOURCE_DIR}/README.md DESTINATION share/doc/idpd)
install(FILES ${packaging}/debian/lintian-overrides DESTINATION share/lintian/overrides RENAME idpd)
install(FILES ${PROJECT_SOURCE_DIR}/configs/idpd.yaml DESTINATION share/doc/idpd/examples)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs/fleet DESTINATION share/doc/idpd/examples)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs/identity-providers DESTINATION share/doc/idpd/examples)
# Empty: settings are the administrator's. The postinst gives it to the group that may read it.
install(DIRECTORY DESTINATION /etc/idpd
  DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE)

set(IDPD_PACKAGE_MAINTAINER "idpd maintainers <maintainers@idpd.example>" CACHE STRING "Who answers for the package")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME idpd)
set(CPACK_PACKAGE_CONTACT ${IDPD_PACKAGE_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Cloudflare Access identity providers as YAML files say")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "idpd compares the identity providers of Cloudflare Access with YAML files in a
folder or a git repository, shows what differs, and carries that out: once, by
hand or in CI, or continuously as a systemd service. It deletes only what it
created, and withholds what could lock people out.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/deb)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The user is made by systemd-sysusers; the rest of systemd is of use, and commands by hand do without.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers | systemd-sysusers, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS systemd)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${packaging}/debian/postinst ${packaging}/debian/prerm ${packaging}/debian/postrm)
include(CPack)

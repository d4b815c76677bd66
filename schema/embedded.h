// The documents of schema/ as they were compiled in: path below schema/ -> text.
#pragma once

#include <map>
#include <string>

namespace idpd::schema {

const std::map<std::string, std::string>& documents();

}  // namespace idpd::schema

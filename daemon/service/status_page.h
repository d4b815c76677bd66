// The page that people look at during an incident: whether all is well, and if not, what, where, who, since
// when and what to type. One document, rendered here, without a script, a form or anything from elsewhere.
// Pure; a status or history that lacks members makes a page that says less.
#pragma once

#include <string>

#include "base/json.h"
#include "model/incident.h"

namespace idpd::service {

struct Page {
  std::string html;
  // Goes with it as the header of this name: it allows the one style sheet in the page and nothing else.
  std::string content_security_policy;
};

Page status_page(const base::Json& status, const base::Json& history, model::Time now);

}  // namespace idpd::service

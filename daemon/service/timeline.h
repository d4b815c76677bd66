// The last passes and incidents as a picture: inline SVG with a text alternative. It fills the width that it
// is given and keeps its letters at their size, so that it can be read on a phone. Pure.
#pragma once

#include <string>

#include "service/view.h"

namespace idpd::service {

// One lane of marks for each account, one bar for each of the newest incidents; empty when there is nothing
// to show. The classes that it uses are those of the page's style sheet.
std::string timeline(const HistoryView& history, model::Time now);

}  // namespace idpd::service

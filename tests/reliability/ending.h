// How every schedule ends: no faults any more, one daemon on each host, and some passes. Then everything is
// as the files say, or withheld for a reason that holds, and the incidents that are open are those that
// should be.
#pragma once

#include "reliability/scene.h"

namespace idpd::test {

void come_to_an_end(Scene& scene);

}  // namespace idpd::test

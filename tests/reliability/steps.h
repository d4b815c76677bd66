// What each step of a schedule does to the scene; one that does not fit the moment does nothing.
#pragma once

#include "reliability/scene.h"
#include "reliability/schedule.h"

namespace idpd::test {

void take_step(Scene& scene, const Step& step);

// Changes the files as the step says; false: it does not fit.
bool edit(const Scene& scene, Files& files, const Step& step);

// New files on these hosts, and their daemons see them.
void put_files(Scene& scene, Host& host, Files files);

// Lets it come to its end and takes it away.
void end_process(Scene& scene, Process& process);

}  // namespace idpd::test

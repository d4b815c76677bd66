#include "reliability/process.h"

#include "reconcile/pass.h"
#include "reliability/rules.h"
#include "reliability/scene.h"
#include "service/lost_secrets.h"
#include "state/lock.h"

namespace idpd::test {

namespace {

constexpr int enough_requests = 1'000'000;  // the budget has tests of its own
constexpr int most_rounds = 3;              // of `idpd apply`, as in cli/apply_command.cpp

config::Settings settings_of(const Host& host) {
  config::Settings out = host.settings;
  out.state_path = host.state.string();
  return out;
}

}  // namespace

Process::Process(Scene& its_scene, Host& its_host, std::string name)
    : scene(its_scene), host(its_host), settings(settings_of(its_host)), name_(std::move(name)) {
  alarms.advance(scene.elapsed);
  turn_ = alarms.make();
  auto store = state::Store::open(settings.state_path);
  auto key = state::fingerprint_key(settings.state_path);
  if (!store || !key) throw std::runtime_error("a state directory cannot be opened");
  store_ = *std::move(store);
  fingerprint_key_ = *std::move(key);
  connections_.emplace(outside(), settings, enough_requests);
}

service::Connections::Outside Process::outside() {
  return {io,    alarms.clock(), no_delay_,
          *this, budgets,        [this](const std::string& name) { return scene.secrets.read(name); }};
}

asio::awaitable<base::Result<http::Response>> Process::send(http::Request request) {
  request_ = &request;
  if (!pass) begin_pass();
  // Until there is a clear answer, idpd cannot know what became of a create; it may never have one.
  std::string attempt;
  if (request.method == http::Method::post) {
    const Json body = *base::parse_json(request.body);
    attempt = body.text("type") + body.text("name");
  }
  const bool first = !attempt.empty() && host.attempted.insert(attempt).second;
  while (request_) co_await turn_->wait_until(service::never);
  const auto witness = [&](http::Method method, const std::string& id, const Json& body) {
    judge_write(*this, method, id, body);
  };
  Answer answer = scene.cloud.answer(request, fault_, witness);
  if (dies_) answer.delivered = false;
  const int status = answer.response ? answer.response->status : 0;
  const bool clear = answer.delivered && (answer.committed || (status >= 400 && status < 500));
  if (first && clear) host.attempted.erase(attempt);
  remember(request, answer);
  while (dies_) co_await turn_->wait_until(service::never);
  co_return std::move(answer.response);
}

void Process::deliver(Fault fault, bool dies) {
  scene.note(fmt::format("{}: {} {}{}{}", name_, kind_of(*request_), id_in(*request_),
                         fault == Fault::none ? "" : fmt::format(" [{}]", name_of(fault)),
                         dies ? " and dies" : ""));
  fault_ = fault;
  dies_ = dies;
  request_ = nullptr;
  turn_->ring();
  settle();
}

void Process::begin_pass() {
  pass.emplace();
  pass->files = files_in_force();
  pass->secrets = scene.secrets.all();
  for (const auto& [process, count] : host.writes) pass->host_writes += process == name_ ? 0 : count;
}

void Process::remember(const http::Request& request, const Answer& answer) {
  if (!pass) return;
  const std::string id = id_in(request);
  if (!answer.committed) {
    const auto body = answer.response ? base::parse_json(answer.response->body) : base::Result<Json>(Json());
    if (!body || !body->flag("success")) return;
    const Json* result = body->find("result");
    if (kind_of(request) == "GET list") {
      pass->alive.clear();
      for (const Json& object : result->array()) pass->alive.insert(object.text("id"));
    }
    if (kind_of(request) == "GET id") {
      pass->read[id] = *result;
      pass->alive.insert(id);
      pass->unread.erase(id);
    }
    if (kind_of(request) == "GET apps") pass->referenced = scene.cloud.referenced;
    return;
  }
  ++host.writes[name_];
  std::string which = id;
  if (request.method == http::Method::post) {
    which = scene.cloud.objects.rbegin()->first;
    host.made.insert(which);
    pass->created.insert(which);
    pass->alive.insert(which);
  }
  if (request.method == http::Method::put) pass->written.insert(which);
  if (request.method == http::Method::remove) {
    pass->deleted.insert(which);
    pass->alive.erase(which);
  }
  host.unseen.erase(which);
  if (!answer.delivered) pass->unread.insert(which);
  if (!answer.gave_scim) return;
  for (Host& each : scene.hosts) each.scim.erase(which);
  const std::string name = scene.cloud.objects.at(which).text("name");
  for (const auto& [key, entry] : pass->files.entries) {
    if (entry.name == name) host.scim[which] = {key, answer.delivered};
  }
}

void Process::end_pass(const plan::AccountPlan& plan) {
  if (pass) judge_pass(*this, plan);
  pass.reset();
  approved = false;
}

DaemonProcess::DaemonProcess(Scene& its_scene, Host& its_host, std::string name, service::Trigger first)
    : Process(its_scene, its_host, std::move(name)) {
  take_files();
  if (!in_force_) in_force_ = host.kept;
  service::Daemon::Parts parts{.io = io,
                               .alarms = alarms,
                               .random = jitter_,
                               .catalog = catalog(),
                               .connections = *connections_,
                               .store = *store_,
                               .fingerprint_key = fingerprint_key_,
                               .source = source_,
                               .observer = *this,
                               .started = {}};
  daemon_.emplace(std::move(parts), settings);
  const auto ended = [this](const std::exception_ptr& bug) {
    over_ = true;
    if (bug) std::rethrow_exception(bug);
  };
  asio::co_spawn(io, daemon_->run(first, [] {}), ended);
  settle();
}

DaemonProcess::~DaemonProcess() {
  io.shutdown();
}

void DaemonProcess::stop() {
  stopping_ = true;
  daemon_->stop();
  settle();
}

void DaemonProcess::take_files() {
  source_.set(yaml_of(host.files()));
  if (host.files().broken) return;
  in_force_ = host.files();
  host.kept = in_force_;
}

void DaemonProcess::look() {
  if (stopping_) return;
  take_files();
  settle();
}

void DaemonProcess::approve() {
  if (!last_ || last_->consent.empty() || !daemon_->approve(last_->consent)) return;
  approved = true;
  settle();
}

void DaemonProcess::passed(const service::Finished& finished, const config::Account&,
                           const std::vector<service::Expiring>&) {
  ++passes;
  last_ = finished;
  end_pass(finished.plan);
}

ApplyProcess::ApplyProcess(Scene& its_scene, Host& its_host, std::string name, plan::Policy policy)
    : Process(its_scene, its_host, std::move(name)), files_(host.files()), policy_(std::move(policy)) {
  lock_again_ = alarms.make();
  settings.accounts[0].enforce = true;
  settings.accounts[0].allow_deletes = policy_.allow_deletes;
  settings.accounts[0].max_deletes = policy_.max_deletes;
  asio::co_spawn(io, run(), [this](const std::exception_ptr& bug) {
    over_ = true;
    if (bug) std::rethrow_exception(bug);
  });
  settle();
}

ApplyProcess::~ApplyProcess() {
  io.shutdown();
}

asio::awaitable<void> ApplyProcess::run() {
  const config::Account& its = account();
  config::LoadOptions options{.accounts = settings.aliases()};
  options.default_account = its.alias;
  const config::Desired loaded =
      config::load_desired({{"idps/all.yaml", yaml_of(files_)}}, catalog(), options);
  if (!loaded.ok()) co_return;
  static const model::DesiredState nothing;
  const auto found = loaded.accounts.find(its.alias);
  constexpr std::chrono::seconds patience{30};
  const auto deadline = alarms.clock().monotonic() + patience;
  auto lock = state::AccountLock::try_acquire(settings.state_path, its.id, "idpd apply");
  for (; !lock && alarms.clock().monotonic() < deadline;
       lock = state::AccountLock::try_acquire(settings.state_path, its.id, "idpd apply")) {
    co_await lock_again_->wait_until(alarms.clock().monotonic() + std::chrono::seconds(1));
  }
  if (!lock) co_return;
  auto client = connections_->client(its);
  if (!client) co_return;
  const reconcile::Context context{.catalog = catalog(),
                                   .client = **client,
                                   .resolver = connections_->for_files(),
                                   .store = &*store_,
                                   .fingerprint_key = fingerprint_key_,
                                   .state_directory = settings.state_path};
  const reconcile::Input input{.account = its.alias,
                               .account_id = its.id,
                               .desired = found == loaded.accounts.end() ? nothing : found->second,
                               .policy = policy_};
  const reconcile::Progress quiet;
  for (int round = 1; round <= most_rounds; ++round) {
    reconcile::Prepared prepared = co_await reconcile::prepare(context, input);
    const plan::AccountPlan plan = co_await reconcile::execute(context, input, prepared, quiet);
    end_pass(plan);
    if (!plan.changed_since) break;
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(alarms.clock().now());
  if (const auto noted = service::note_lost_secrets(*store_, settings.state_path, its, now); !noted)
    scene.problem(*this, noted.error().text());
}

}  // namespace idpd::test

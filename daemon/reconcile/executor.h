// Carries out a plan, change by change: reads before it writes, reads back after, and saves what it did
// before it goes on (design rules 4 to 8 and 11). Lives for one execution; one that is destroyed half-way
// leaves the store true to what was sent, and an intent where an answer was awaited.
#pragma once

#include <asio/awaitable.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "plan/guards.h"
#include "reconcile/pass.h"
#include "reconcile/scim.h"

namespace idpd::reconcile {

class Executor {
 public:
  Executor(const Context& context, const Input& input, Prepared& prepared, const Progress& progress);

  // Every change has an outcome afterwards.
  asio::awaitable<void> run();
  // By key, as they stand after the run.
  const std::map<std::string, model::Record>& records() const { return records_; }

 private:
  asio::awaitable<base::Result<void>> publish();
  asio::awaitable<void> carry_out(plan::Change& change);
  asio::awaitable<bool> may_write_secrets(plan::Change& change);
  bool writes_new_secrets(const plan::Change& change) const;
  void move(plan::Change& change);
  asio::awaitable<void> create(plan::Change& change);
  asio::awaitable<void> update(plan::Change& change);
  asio::awaitable<void> replace(plan::Change& change);
  asio::awaitable<void> remove(plan::Change& change);

  asio::awaitable<std::optional<std::string>> post(plan::Change& change);
  asio::awaitable<std::optional<std::string>> find_lost(plan::Change& change, const model::Intent& intent,
                                                        const base::Error& lost);
  asio::awaitable<void> finish_create(plan::Change& change, const std::string& id, const base::Json* answer);
  void finish_write(plan::Change& change, const base::Result<model::LiveProvider>& read_back,
                    const base::Json* answer, const model::LiveProvider* unwritten);
  bool arrived(const plan::Change& change, const model::LiveProvider& live) const;

  asio::awaitable<base::Result<model::LiveProvider>> read(const std::string& id);
  asio::awaitable<std::optional<model::LiveProvider>> read_unchanged(plan::Change& change);
  asio::awaitable<bool> still_unreferenced(plan::Change& change);
  ScimStorage storage() const { return {context_.state_directory, input_.account_id}; }

  const model::DesiredProvider& desired(const plan::Change& change) const;
  const model::Record* record_of(const std::string& key) const;
  void remember(plan::Change& change, model::Record record);
  void forget(plan::Change& change);
  void hand_over(model::Record& record) const;

  const Context& context_;
  const Input& input_;
  Prepared& prepared_;
  const Progress& progress_;
  std::map<std::string, model::Record> records_;
  std::set<std::string> alive_;  // ids that live, as far as we know
  std::optional<plan::References> fresh_references_;
};

}  // namespace idpd::reconcile

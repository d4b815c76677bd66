#include "check/answer.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace idpd::check {

namespace {

using base::Json;

constexpr std::size_t most_of_a_page = std::size_t{64} * 1024;
constexpr int first_redirect = 300;
constexpr int last_redirect = 399;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = static_cast<char>(c | 0x20);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? digit(text[i + 1]) : -1;
    const int low = high >= 0 ? digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return base::valid_utf8(out);
}

void read_query(std::string_view text, std::map<std::string, std::string>& out) {
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find('&'));
    const std::size_t equals = std::min(one.find('='), one.size());
    out.emplace(unescaped(one.substr(0, equals)), unescaped(one.substr(std::min(equals + 1, one.size()))));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
  }
}

void read_location(const std::string& location, const std::string& callback, Answer& out) {
  const std::size_t query = std::min(location.find_first_of("?#"), location.size());
  out.redirect = !callback.empty() && location.substr(0, query) == callback ? "callback" : "elsewhere";
  for (std::size_t at = query; at < location.size();) {  // ?… and #… alike
    const std::size_t end = std::min(location.find('#', at + 1), location.size());
    read_query(std::string_view(location).substr(at + 1, end - at - 1), out.query);
    at = end;
  }
  const auto take = [&](const char* name, std::string& into) {
    const auto found = out.query.find(name);
    if (into.empty() && found != out.query.end()) into = found->second;
  };
  take("error", out.error);
  // At our own address `code` is what a login ends with.
  if (out.redirect != "callback") take("code", out.error);
  take("error_description", out.description);
  if (out.redirect != "callback") take("message", out.description);
}

// RFC 6749 (`error`, `error_description`); an error that is an object (`code`, `message`); and an object that
// is an error as a whole (`code`, `message`, `target`, `details`).
void read_error(Answer& out) {
  const Json* error = out.body.find("error");
  const Json* object = error && error->is_object() ? error : &out.body;
  if (error && error->is_string()) out.error = error->string();
  if (out.error.empty()) out.error = object->text("code");
  if (const Json* code = object->find("code"); code && code->is_integer())
    out.numbers.push_back(code->integer());
  for (const char* name : {"error_description", "message"}) {
    if (out.description.empty()) out.description = object->text(name);
  }
  const Json* details = out.body.find("details");
  if (details && details->is_array()) {
    for (const Json& one : details->array()) {
      for (const char* name : {"target", "message"}) {
        if (const std::string text = one.text(name); !text.empty()) out.description += "; " + text;
      }
    }
  }
  const Json* numbers = out.body.find("error_codes");
  if (numbers && numbers->is_array()) {
    for (const Json& one : numbers->array()) {
      if (one.is_integer()) out.numbers.push_back(one.integer());
    }
  }
}

template <typename T>
bool among(const std::vector<T>& wanted, const T& have) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), have) != wanted.end();
}

}  // namespace

Answer read_answer(const http::Response& response, const std::string& callback) {
  Answer out;
  out.status = response.status;
  out.page = response.body;
  if (auto body = base::parse_json(response.body); body && body->is_object()) {
    out.body = *std::move(body);
    read_error(out);
  }
  if (out.status >= first_redirect && out.status <= last_redirect)
    read_location(response.header("location"), callback, out);
  return out;
}

bool matches(const When& when, const Answer& answer) {
  // Whoever is in trouble has judged nothing, whatever it calls that.
  if (answer.status == too_many_requests || answer.status >= first_server_error) return false;
  if (!among(when.status, static_cast<std::int64_t>(answer.status))) return false;
  if (!among(when.error, answer.error)) return false;
  if (!when.number.empty() && std::none_of(answer.numbers.begin(), answer.numbers.end(),
                                           [&](std::int64_t one) { return among(when.number, one); }))
    return false;
  if (!when.text.empty()) {
    const std::string page =
        lower(answer.description + '\n' + std::string(base::beginning(answer.page, most_of_a_page)));
    if (std::none_of(when.text.begin(), when.text.end(),
                     [&](const std::string& one) { return page.find(lower(one)) != std::string::npos; }))
      return false;
  }
  if (!when.member.empty() && !answer.body.find(when.member)) return false;
  if (!when.query.empty() && !answer.query.contains(when.query)) return false;
  return when.redirect.empty() || when.redirect == answer.redirect;
}

const Rule* judge(const std::vector<Rule>& rules, const Answer& answer) {
  const auto found =
      std::find_if(rules.begin(), rules.end(), [&](const Rule& one) { return matches(one.when, answer); });
  return found == rules.end() ? nullptr : &*found;
}

}  // namespace idpd::check

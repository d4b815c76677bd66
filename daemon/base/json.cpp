#include "base/json.h"

#include <rapidjson/error/en.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace idpd::base {

namespace {

constexpr std::size_t max_depth = 100;
constexpr std::size_t max_values = 1'000'000;  // each takes some fifty bytes, however few it has in the text

// RapidJSON takes half of a pair, `\udc41`, for a character: what could not be written again is U+FFFD.
std::string whole(std::string_view text) {
  constexpr char begins_half = '\xed';
  return text.find(begins_half) == std::string_view::npos ? std::string(text) : valid_utf8(text);
}

// Of a number as JSON has it: whole when it is written so and fits.
Json number(const char* begin, const char* end) {
  std::int64_t whole_number = 0;
  const auto as_whole = std::from_chars(begin, end, whole_number);
  if (as_whole.ec == std::errc() && as_whole.ptr == end) return whole_number;
  double value = 0;
  // Too small is nothing: RapidJSON has refused what is too large.
  if (std::from_chars(begin, end, value).ec != std::errc()) return 0.0;
  return value;
}

// Builds the value from RapidJSON's events; the stack holds the open arrays and objects.
class Builder {
 public:
  Json root;

  bool has_too_many() const { return values_ > max_values; }
  bool Null() { return add(Json()); }
  bool Bool(bool value) { return add(Json(value)); }
  // Numbers come as text: RapidJSON 1.1 reads some wrongly, such as a zero with an exponent.
  bool Int(int /*value*/) { return false; }
  bool Uint(unsigned /*value*/) { return false; }
  bool Int64(std::int64_t /*value*/) { return false; }
  bool Uint64(std::uint64_t /*value*/) { return false; }
  bool Double(double /*value*/) { return false; }
  bool RawNumber(const char* text, unsigned size, bool /*copy*/) { return add(number(text, text + size)); }
  bool String(const char* text, unsigned size, bool /*copy*/) { return add(Json(whole({text, size}))); }
  bool Key(const char* text, unsigned size, bool /*copy*/) {
    keys_.back() = whole({text, size});
    return true;
  }
  bool StartObject() { return open(Json(Json::Object{})); }
  bool StartArray() { return open(Json(Json::Array{})); }
  bool EndObject(unsigned /*count*/) { return close(); }
  bool EndArray(unsigned /*count*/) { return close(); }

 private:
  bool open(Json container) {
    if (open_.size() == max_depth) return false;
    open_.push_back(std::move(container));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Json done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return add(std::move(done));
  }
  bool add(Json value) {
    if (++values_ > max_values) return false;
    if (open_.empty()) {
      root = std::move(value);
    } else if (open_.back().is_array()) {
      open_.back().array().push_back(std::move(value));
    } else {
      open_.back().object().emplace_back(std::move(keys_.back()), std::move(value));
    }
    return true;
  }

  std::vector<Json> open_;
  std::vector<std::string> keys_;
  std::size_t values_ = 0;
};

template <typename Writer>
void write(Writer& writer, const Json& value, bool sorted) {
  if (value.is_null()) {
    writer.Null();
  } else if (value.is_bool()) {
    writer.Bool(value.boolean());
  } else if (value.is_integer()) {
    writer.Int64(value.integer());
  } else if (value.is_number()) {
    const double number = value.number();
    constexpr double exact = 9007199254740992.0;  // whole numbers up to here have one double each
    if (sorted && std::fabs(number) < exact && number == std::trunc(number)) {
      writer.Int64(static_cast<std::int64_t>(number));  // canonical: 1.0 is 1
    } else if (std::isfinite(number)) {
      writer.Double(number);
    } else {
      writer.Null();  // JSON has no way to say it
    }
  } else if (value.is_string()) {
    writer.String(value.string().data(), static_cast<unsigned>(value.string().size()));
  } else if (value.is_array()) {
    writer.StartArray();
    for (const Json& item : value.array()) write(writer, item, sorted);
    writer.EndArray();
  } else {
    std::vector<const Json::Member*> members;
    members.reserve(value.object().size());
    for (const Json::Member& member : value.object()) members.push_back(&member);
    if (sorted) {
      // Others' JSON may have a name twice: in the order in which they stand.
      std::stable_sort(members.begin(), members.end(), [](auto* a, auto* b) { return a->first < b->first; });
    }
    writer.StartObject();
    for (const Json::Member* member : members) {
      writer.Key(member->first.data(), static_cast<unsigned>(member->first.size()));
      write(writer, member->second, sorted);
    }
    writer.EndObject();
  }
}

}  // namespace

const Json* Json::find(std::string_view name) const {
  if (!is_object()) return nullptr;
  for (const Member& member : object()) {
    if (member.first == name) return &member.second;
  }
  return nullptr;
}

Json* Json::find(std::string_view name) {
  return const_cast<Json*>(std::as_const(*this).find(name));
}

Json& Json::operator[](std::string_view name) {
  if (is_null()) value_ = Object{};
  if (Json* found = find(name)) return *found;
  return object().emplace_back(std::string(name), Json()).second;
}

bool Json::erase(std::string_view name) {
  return is_object() &&
         std::erase_if(object(), [&](const Member& member) { return member.first == name; }) > 0;
}

bool Json::flag(std::string_view name, bool otherwise) const {
  const Json* found = find(name);
  return found && found->is_bool() ? found->boolean() : otherwise;
}

std::string Json::text(std::string_view name, const std::string& otherwise) const {
  const Json* found = find(name);
  return found && found->is_string() ? found->string() : otherwise;
}

bool Json::operator==(const Json& other) const {
  if (is_number() && other.is_number() && !(is_integer() && other.is_integer()))
    return number() == other.number();
  if (!is_object() || !other.is_object()) return value_ == other.value_;
  if (object().size() != other.object().size()) return false;
  const auto known = [&](const Member& member) { return find(member.first) != nullptr; };
  if (!std::all_of(other.object().begin(), other.object().end(), known))
    return false;  // one of ours given twice
  return std::all_of(object().begin(), object().end(), [&](const Member& member) {
    const Json* theirs = other.find(member.first);
    return theirs && *theirs == member.second;
  });
}

Result<Json> parse_json(std::string_view text) {
  Builder builder;
  rapidjson::MemoryStream memory(text.data(), text.size());
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(memory);
  rapidjson::Reader reader;
  constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                             rapidjson::kParseNumbersAsStringsFlag;
  const rapidjson::ParseResult result = reader.Parse<flags>(stream, builder);
  if (result.IsError()) {
    const bool bounded = result.Code() == rapidjson::kParseErrorTermination;
    const char* const bound = builder.has_too_many() ? "too many values" : "nested too deeply";
    return Error{Code::invalid, std::string("not JSON: ") +
                                    (bounded ? bound : rapidjson::GetParseError_En(result.Code())) +
                                    " (byte " + std::to_string(result.Offset()) + ")"};
  }
  return std::move(builder.root);
}

std::string dump_json(const Json& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  write(writer, value, false);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string dump_json_pretty(const Json& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', 2);
  write(writer, value, false);
  return printable_json({buffer.GetString(), buffer.GetSize()});
}

std::string canonical_json(const Json& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  write(writer, value, true);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace idpd::base

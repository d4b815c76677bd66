// What the fuzz targets share. A target is one file with LLVMFuzzerTestOneInput: whatever the bytes, it ends,
// with a value or with an error, and what it states with `require` holds. libFuzzer drives it in the build
// `fuzz`, replay.cpp in every other one. Inputs are text: parts of one stand on lines of their own, so that
// corpora can be read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "embedded.h"
#include "model/type_catalog.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace idpd::fuzz {

// Ends the run: a promise is broken, and the input that broke it is kept.
inline void require(bool holds, std::string_view promise, std::string_view instead = {}) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %.*s\n%.*s\n", static_cast<int>(promise.size()), promise.data(),
               static_cast<int>(instead.size()), instead.data());
  std::abort();
}

// No text that people get to see holds what a terminal would interpret; `lines`: but for the ends of lines.
inline void require_printable(std::string_view text, bool lines = false) {
  std::string flat(text);
  if (lines) std::replace(flat.begin(), flat.end(), '\n', ' ');
  require(base::printable(flat) == flat, "what is shown holds no control character", text);
}
inline void require_utf8(std::string_view text) {
  require(base::valid_utf8(text) == text, "what is written is UTF-8", text);
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes the first line off the text.
inline std::string take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string line(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

inline const model::TypeCatalog& catalog() {
  static const model::TypeCatalog all = [] {
    auto loaded = model::TypeCatalog::load(schema::documents());
    require(loaded.ok(), "the compiled-in schemas load");
    return *std::move(loaded);
  }();
  return all;
}

}  // namespace idpd::fuzz

// Every block of memory is wiped when it is given back, whoever had it: curl's buffers, RapidJSON's and
// yaml-cpp's texts, libgit2's and OpenSSL's copies, a string that grew. One rule instead of one for each
// place where a secret passes through. free() and realloc() of the C library are replaced for the whole
// process, which glibc allows, and which `operator delete` and all shared libraries then use. Sanitizers have
// their own; other C libraries go without.
#include <features.h>

#if defined(__has_feature)  // clang's way to tell
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define __SANITIZE_ADDRESS__  // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): GCC's way
#endif
#endif

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <malloc.h>
#include <string.h>  // explicit_bzero

#include <algorithm>
#include <cstdlib>
#include <cstring>

extern "C" {

// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): glibc's own name
void __libc_free(void* block);

void free(void* block) noexcept {
  if (block == nullptr) return;
  explicit_bzero(block, malloc_usable_size(block));
  __libc_free(block);
}

// glibc's would leave the old block as it is when the new one lies elsewhere.
void* realloc(void* block, std::size_t size) noexcept {
  if (block == nullptr) return std::malloc(size);
  if (size == 0) {
    std::free(block);
    return nullptr;
  }
  const std::size_t has = malloc_usable_size(block);
  if (size <= has && size >= has / 2) return block;
  void* const moved = std::malloc(size);
  if (moved == nullptr) return size <= has ? block : nullptr;
  std::memcpy(moved, block, std::min(has, size));
  std::free(block);
  return moved;
}

}  // extern "C"

#endif

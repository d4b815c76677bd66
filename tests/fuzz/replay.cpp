// The fuzzer in small, for builds without libFuzzer: runs a target on every file of its corpus, then on
// mutations of them (bytes flipped, cut, copied, spliced, words of the dictionary) until its time is over.
//   replay KEEP SECONDS DICTIONARY FOLDER…    KEEP: where an input that breaks a promise is written
//   replay FILE                               that one input again
// A child does the work, and its input lies in memory that the parent sees: whatever becomes of the child, a
// crash, a sanitizer's end or a hang, the input is kept. IDPD_TEST_SEED=… in the environment repeats a run.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "fuzz.h"

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t most_bytes = 64 << 10U;
constexpr unsigned longest_seconds = 20;  // for one input, also under a sanitizer on a busy machine

struct Shared {
  std::size_t executions;
  std::size_t size;
  std::uint8_t input[most_bytes];
};

std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Sorted, so that a seed means the same on every machine.
std::vector<std::string> read_corpus(const std::vector<std::string>& folders) {
  std::vector<fs::path> files;
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end(),
            [](const fs::path& a, const fs::path& b) { return a.filename() < b.filename(); });
  std::vector<std::string> out;
  for (const fs::path& file : files) out.push_back(read(file));
  return out;
}

// libFuzzer's form: a line is "word", in it `\\`, `\"` and `\xNN`.
std::vector<std::string> read_words(const fs::path& path) {
  std::vector<std::string> out;
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);) {
    if (line.size() < 2 || line.front() != '"') continue;
    std::string word;
    for (std::size_t at = 1; at + 1 < line.size(); ++at) {
      if (line[at] == '\\' && line[at + 1] == 'x') {
        word += static_cast<char>(std::stoi(line.substr(at + 2, 2), nullptr, 16));
        at += 3;
      } else {
        if (line[at] == '\\') ++at;
        word += line[at];
      }
    }
    out.push_back(std::move(word));
  }
  return out;
}

class Mutator {
 public:
  Mutator(unsigned seed, const std::vector<std::string>& corpus, const std::vector<std::string>& words)
      : engine_(seed), corpus_(corpus), words_(words) {}

  std::string next() {
    std::string text = one_of(corpus_);
    for (std::size_t i = 0, changes = 1 + below(8); i < changes; ++i) mutate(text);
    return text.substr(0, most_bytes);
  }

 private:
  std::size_t below(std::size_t end) { return end == 0 ? 0 : engine_() % end; }
  const std::string& one_of(const std::vector<std::string>& all) { return all[below(all.size())]; }

  void mutate(std::string& text) {
    constexpr std::size_t longest_cut = 40, longest_copy = 200, most_repeated = 300, kinds = 8;
    const std::size_t at = below(text.size() + 1);
    switch (below(kinds)) {
      case 0:
        text.erase(at, below(longest_cut));
        break;
      case 1:
        text.insert(at, text.substr(below(text.size() + 1), below(longest_copy)));
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(engine_());
        break;
      case 3:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1U << below(8)));
        break;
      case 4: {
        const std::string& other = one_of(corpus_);
        text = text.substr(0, at) + other.substr(below(other.size() + 1));
        break;
      }
      case 5: {
        const std::string& word = one_of(words_);
        for (std::size_t repeated = below(most_repeated); repeated > 0; --repeated) text.insert(at, word);
        break;
      }
      default:
        text.replace(at, below(2) * below(longest_cut), one_of(words_));
    }
  }

  std::mt19937 engine_;
  const std::vector<std::string>& corpus_;
  const std::vector<std::string>& words_;
};

void execute(Shared& shared, const std::string& text) {
  shared.size = std::min(text.size(), most_bytes);
  std::memcpy(shared.input, text.data(), shared.size);
  ++shared.executions;
  ::alarm(longest_seconds);
  // A copy of its own, so that a sanitizer sees what is read beyond it.
  const std::vector<std::uint8_t> input(shared.input, shared.input + shared.size);
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

void work(Shared& shared, unsigned seed, double seconds, const fs::path& dictionary,
          const std::vector<std::string>& folders) {
  const auto end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  const auto corpus = read_corpus(folders);
  const auto words = read_words(dictionary);
  idpd::fuzz::require(!corpus.empty() && !words.empty(), "there is something to begin with");
  for (const std::string& text : corpus) execute(shared, text);
  Mutator mutator(seed, corpus, words);
  while (Clock::now() < end) execute(shared, mutator.next());
}

int run_again(const fs::path& file) {
  const std::string text = read(file);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  constexpr int before_folders = 4;
  if (count == 2) return run_again(arguments[1]);
  if (count <= before_folders) {
    std::fprintf(stderr, "usage: %s FILE | KEEP SECONDS DICTIONARY FOLDER...\n", arguments[0]);
    return 2;
  }
  const char* given = std::getenv("IDPD_TEST_SEED");
  const unsigned seed = given ? static_cast<unsigned>(std::atoll(given)) : std::random_device{}();
  std::printf("seed %u (repeat with IDPD_TEST_SEED)\n", seed);
  std::fflush(stdout);

  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 2;
  auto& shared = *static_cast<Shared*>(memory);
  const pid_t child = ::fork();
  if (child < 0) return 2;
  if (child == 0) {
    work(shared, seed, std::atof(arguments[2]), arguments[3],
         {arguments + before_folders, arguments + count});
    return 0;
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return 2;
  std::printf("%zu executions\n", shared.executions);
  if (status == 0) return 0;

  const fs::path keep = arguments[1];
  fs::create_directories(keep.parent_path());
  std::ofstream(keep, std::ios::binary)
      .write(reinterpret_cast<const char*>(shared.input), static_cast<std::streamsize>(shared.size));
  const bool hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
  std::printf("%s; the input is kept, repeat with\n  %s %s\n", hung ? "it hangs" : "it breaks",
              fs::absolute(arguments[0]).c_str(), fs::absolute(keep).c_str());
  return 1;
}

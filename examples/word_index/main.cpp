/// word_index [FOLDER]: the most frequent identifiers of all files below a folder; by default of
/// the Boost headers.
///
/// One thread walks the folder, several read and count, one keeps the books. The scopes say what
/// each does, and above all what it waits for.
#include "queue.hpp"
#include "words.hpp"

#include <scopetree/scopetree.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace fs = std::filesystem;

struct file_report {
    std::uint64_t bytes;
    std::size_t distinct_words;
};

struct totals {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::size_t most_distinct_words = 0;
};

static void walk(const fs::path& folder, queue<fs::path>& paths) try {
    PROFILE_SCOPE("walk");
    const auto options = fs::directory_options::skip_permission_denied;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, options)) {
        if (!entry.is_regular_file())
            continue;
        PROFILE_SCOPE("wait for room in the queue");
        paths.push(entry.path());
    }
} catch (const fs::filesystem_error& error) {
    std::fprintf(stderr, "word_index: %s\n", error.what());
}

/// Empty if it cannot be read.
static std::string read_file(const fs::path& path) {
    PROFILE_SCOPE("read");
    std::error_code error;
    const std::uintmax_t size = fs::file_size(path, error);
    std::string text(error ? 0 : static_cast<std::size_t>(size), '\0');
    std::ifstream file(path, std::ios::binary);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

template <class T>
static std::optional<T> wait_for_work(queue<T>& from) {
    PROFILE_SCOPE("wait for work");
    return from.pop();
}

static void count_words(queue<fs::path>& paths, queue<file_report>& reports, word_index& index) {
    while (const auto path = wait_for_work(paths)) {
        PROFILE_SCOPE("file");
        const std::string text = read_file(*path);
        const text_counts counts = count_identifiers(text);
        index.merge(counts);
        reports.push({text.size(), counts.size()});
    }
}

static void keep_books(queue<file_report>& reports, totals& result) {
    while (const auto report = wait_for_work(reports)) {
        PROFILE_SCOPE("add up");
        ++result.files;
        result.bytes += report->bytes;
        result.most_distinct_words = std::max(result.most_distinct_words, report->distinct_words);
    }
}

static totals index_folder(const fs::path& folder, word_index& index) {
    queue<fs::path> paths(64);
    queue<file_report> reports(64);
    totals result;
    std::thread books([&] {
        PROFILE_THREAD("books");
        keep_books(reports, result);
    });
    std::vector<std::thread> workers;
    for (unsigned i = std::max(2u, std::thread::hardware_concurrency()); i > 0; --i)
        workers.emplace_back([&] {
            PROFILE_THREAD("worker");
            count_words(paths, reports, index);
        });
    walk(folder, paths);
    PROFILE_SCOPE("wait for the others");
    paths.close();
    for (std::thread& worker : workers)
        worker.join();
    reports.close();
    books.join();
    return result;
}

int main(int count, char** arguments) {
    const fs::path folder = count > 1 ? arguments[1] : "/usr/include/boost";
    word_index index;
    const totals found = index_folder(folder, index);
    std::printf("%llu files, %.1f MB, %zu different words, at most %zu in one file\n",
                static_cast<unsigned long long>(found.files),
                static_cast<double>(found.bytes) / 1e6, index.size(), found.most_distinct_words);
    for (const auto& [word, occurrences] : index.most_frequent(10))
        std::printf("%10llu  %s\n", static_cast<unsigned long long>(occurrences), word.c_str());
}

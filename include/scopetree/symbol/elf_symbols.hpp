/// The symbol table of a file on disk: names where neither libbacktrace nor the dynamic linker
/// help, which is in modules that were unloaded, and in programs built without libbacktrace.
#ifndef SCOPETREE_SYMBOL_ELF_SYMBOLS_HPP
#define SCOPETREE_SYMBOL_ELF_SYMBOLS_HPP

#include <scopetree/symbol/loaded_modules.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <tuple>
#include <vector>

#include <fcntl.h>
#include <link.h> // ElfW
#include <sys/stat.h>
#include <unistd.h>

namespace scopetree {
inline namespace SCOPETREE_ABI {
namespace detail {

/// A name of a symbol table. Empty: none.
struct symbol_entry {
    std::string name;
    std::uintptr_t start = 0;
};

/// Parts of a file. Reading outside of it gives nothing; so does a file that cannot be opened.
class file_reader {
public:
    explicit file_reader(const std::string& path)
        : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
        struct ::stat status = {};
        if (file_ >= 0 && ::fstat(file_, &status) == 0 && S_ISREG(status.st_mode))
            size_ = static_cast<std::uint64_t>(status.st_size);
    }
    ~file_reader() {
        if (file_ >= 0)
            ::close(file_);
    }
    file_reader(const file_reader&) = delete;
    file_reader& operator=(const file_reader&) = delete;

    std::vector<char> read(std::uint64_t offset, std::uint64_t size) const {
        if (offset > size_ || size > size_ - offset)
            return {};
        std::vector<char> bytes(static_cast<std::size_t>(size));
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ::ssize_t got = ::pread(file_, bytes.data() + done, bytes.size() - done,
                                          static_cast<::off_t>(offset + done));
            if (got <= 0)
                return {};
            done += static_cast<std::size_t>(got);
        }
        return bytes;
    }

    template <class T>
    std::vector<T> read_array(std::uint64_t offset, std::uint64_t count) const {
        const bool possible = count <= size_ / sizeof(T);
        const std::vector<char> bytes =
            possible ? read(offset, count * sizeof(T)) : std::vector<char>();
        std::vector<T> result(bytes.size() / sizeof(T));
        if (!result.empty())
            std::memcpy(result.data(), bytes.data(), bytes.size());
        return result;
    }

private:
    int file_;
    std::uint64_t size_ = 0;
};

/// Where distributions put what they strip from a file.
inline std::string separate_debug_file(const std::string& build_id) {
    return build_id.size() < 3 ? std::string()
                               : "/usr/lib/debug/.build-id/" + build_id.substr(0, 2) + '/' +
                                     build_id.substr(2) + ".debug";
}

/// The functions of one ELF file by address. Any file is safe to give; one that is not ELF, or not
/// of this machine's kind, has no functions.
class elf_symbols {
public:
    elf_symbols() = default;

    /// `build_id`: of the module wanted, empty if unknown. A file with another one has no
    /// functions. Names that were stripped from it are known where a package has brought them back.
    elf_symbols(const std::string& path, const std::string& build_id) {
        if (!read_table(path, build_id, SHT_SYMTAB) &&
            !read_table(separate_debug_file(build_id), build_id, SHT_SYMTAB))
            read_table(path, build_id, SHT_DYNSYM); // has less than the others have
    }

    /// The function at `address`, counted as the file does: without the load address.
    symbol_entry find(std::uint64_t address) const {
        auto at = std::upper_bound(
            functions_.begin(), functions_.end(), address,
            [](std::uint64_t left, const function& right) { return left < right.start; });
        if (at == functions_.begin())
            return {};
        --at;
        if (address - at->start >= at->size)
            return {};
        return {names_.data() + at->name, static_cast<std::uintptr_t>(at->start)};
    }

private:
    using header = ElfW(Ehdr);
    using section = ElfW(Shdr);
    using symbol = ElfW(Sym);

    struct function {
        std::uint64_t start;
        std::uint64_t size;
        std::size_t name; // offset in names_
        bool local;
    };

    static std::vector<section> read_sections(const file_reader& file) {
        const std::vector<header> first = file.read_array<header>(0, 1);
        const std::uint16_t one = 1;
        const bool little = *reinterpret_cast<const unsigned char*>(&one) == 1;
        if (first.empty() || std::memcmp(first[0].e_ident, ELFMAG, SELFMAG) != 0 ||
            first[0].e_ident[EI_CLASS] != (sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32) ||
            first[0].e_ident[EI_DATA] != (little ? ELFDATA2LSB : ELFDATA2MSB) ||
            first[0].e_shentsize != sizeof(section))
            return {};
        std::uint64_t count = first[0].e_shnum;
        if (count == 0) { // more than fit into that field
            const auto zeroth = file.read_array<section>(first[0].e_shoff, 1);
            count = zeroth.empty() ? 0 : zeroth[0].sh_size;
        }
        return file.read_array<section>(first[0].e_shoff, count);
    }

    static std::string read_build_id(const file_reader& file,
                                     const std::vector<section>& sections) {
        for (const section& each : sections) {
            if (each.sh_type != SHT_NOTE)
                continue;
            const std::vector<char> notes = file.read(each.sh_offset, each.sh_size);
            std::string id = build_id_of_notes(reinterpret_cast<const unsigned char*>(notes.data()),
                                               notes.size());
            if (!id.empty())
                return id;
        }
        return {};
    }

    /// False if it has no functions.
    bool read_table(const std::string& path, const std::string& build_id, std::uint32_t type) {
        if (path.empty())
            return false;
        const file_reader file(path);
        const std::vector<section> sections = read_sections(file);
        if (!build_id.empty() && read_build_id(file, sections) != build_id)
            return false;
        for (const section& each : sections)
            if (functions_.empty() && each.sh_type == type && each.sh_link < sections.size())
                read_functions(file, sections, each);
        return !functions_.empty();
    }

    void read_functions(const file_reader& file, const std::vector<section>& sections,
                        const section& table) {
        const section& strings = sections[table.sh_link];
        names_ = file.read(strings.sh_offset, strings.sh_size);
        names_.push_back('\0');
        const auto symbols =
            file.read_array<symbol>(table.sh_offset, table.sh_size / sizeof(symbol));
        for (const symbol& each : symbols) {
            const unsigned type = each.st_info & 0xfu;
            const unsigned binding = each.st_info >> 4u;
            if ((type != STT_FUNC && type != STT_GNU_IFUNC) || each.st_shndx == SHN_UNDEF ||
                each.st_name >= names_.size() || names_[each.st_name] == '\0')
                continue;
            std::uint64_t size = each.st_size;
            // Written in assembler: up to the next function, or to the end of the section.
            if (size == 0 && each.st_shndx < sections.size())
                size = sections[each.st_shndx].sh_addr + sections[each.st_shndx].sh_size -
                       each.st_value;
            functions_.push_back({each.st_value, size, each.st_name, binding == STB_LOCAL});
        }
        // Of several names for one function the last is found: the exported one.
        std::stable_sort(functions_.begin(), functions_.end(),
                         [](const function& left, const function& right) {
                             return std::make_tuple(left.start, !left.local) <
                                    std::make_tuple(right.start, !right.local);
                         });
    }

    std::vector<function> functions_; // by start
    std::vector<char> names_;
};

} // namespace detail
} // namespace SCOPETREE_ABI
} // namespace scopetree

#endif

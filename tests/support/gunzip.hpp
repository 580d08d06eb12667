/// Reads gzip files with the system's gzip: what nobody else can read is not gzip.
#ifndef SCOPETREE_TESTS_SUPPORT_GUNZIP_HPP
#define SCOPETREE_TESTS_SUPPORT_GUNZIP_HPP

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>

#include <stdlib.h>
#include <unistd.h>

namespace test {

inline std::string gunzip(const std::string& packed) {
    char path[] = "/tmp/scopetree_gunzip_XXXXXX";
    const int descriptor = ::mkstemp(path);
    if (descriptor < 0)
        throw std::runtime_error("mkstemp failed");
    ::close(descriptor);
    std::ofstream(path, std::ios::binary) << packed;
    const std::string command = std::string("gzip -dc < ") + path;
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr)
        throw std::runtime_error("gzip does not start");
    std::string bytes;
    char part[4096];
    for (std::size_t size; (size = std::fread(part, 1, sizeof part, pipe)) != 0;)
        bytes.append(part, size);
    const int status = ::pclose(pipe);
    ::unlink(path);
    if (status != 0)
        throw std::runtime_error("gzip says that the file is broken");
    return bytes;
}

} // namespace test

#endif

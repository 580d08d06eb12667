#include "profile.hpp"

#include <scopetree/scopetree.hpp>

namespace test {

struct profile::part {
    virtual ~part() = default;
    virtual void start() = 0;
    virtual scopetree::session stop() = 0;
    virtual scopetree::session snapshot() = 0;
    virtual bool is_running() const = 0;
};

namespace {

template <class Part, class Capture>
class part_of final : public Part {
public:
    explicit part_of(const scopetree::options& chosen) : profiler_(chosen) {}
    void start() override { profiler_.start(); }
    scopetree::session stop() override { return profiler_.stop(); }
    scopetree::session snapshot() override { return profiler_.snapshot(); }
    bool is_running() const override { return profiler_.is_running(); }

private:
    scopetree::basic_profiler<Capture> profiler_;
};

} // namespace

profile::profile(const scopetree::options& chosen, capture policy) {
    if (policy == capture::frame_pointers)
        part_ = std::make_unique<part_of<part, scopetree::frame_pointers>>(chosen);
    else
        part_ = std::make_unique<part_of<part, scopetree::boost_stacktrace>>(chosen);
}

profile::~profile() = default;

void profile::start() {
    part_->start();
}

scopetree::session profile::stop() {
    return part_->stop();
}

scopetree::session profile::snapshot() {
    return part_->snapshot();
}

bool profile::is_running() const {
    return part_->is_running();
}

std::string to_text(const scopetree::session& result) {
    return scopetree::to_text(result);
}

void link_profiler() {}

} // namespace test

// Wants more room for static thread-locals than is left, as a header with a large one would.

namespace {
__attribute__((tls_model("initial-exec"))) thread_local char taken[4096];
}

extern "C" __attribute__((visibility("default"))) char* tls_large() {
    return taken;
}

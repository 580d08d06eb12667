// Takes 16 bytes of the room for static thread-locals.

namespace {
__attribute__((tls_model("initial-exec"))) thread_local char taken[16];
}

extern "C" __attribute__((visibility("default"))) char* tls_hog() {
    return taken;
}

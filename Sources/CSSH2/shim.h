#ifndef FLEET_CSSH2_SHIM_H
#define FLEET_CSSH2_SHIM_H

#include <libssh2.h>
#include <stddef.h>
#include <sys/types.h>

/* libssh2 hands its callbacks over as untyped pointers; these are their real types. */
typedef ssize_t (*fleet_receive_callback)(libssh2_socket_t socket, void *buffer, size_t length, int flags,
                                          void **abstract);
typedef ssize_t (*fleet_send_callback)(libssh2_socket_t socket, const void *buffer, size_t length, int flags,
                                       void **abstract);
typedef void (*fleet_disconnect_callback)(LIBSSH2_SESSION *session, int reason, const char *message,
                                          int message_length, const char *language, int language_length,
                                          void **abstract);

static inline LIBSSH2_SESSION *fleet_session_new(void *abstract) {
    LIBSSH2_SESSION *session = libssh2_session_init_ex(NULL, NULL, NULL, abstract);
    if (session) libssh2_session_set_blocking(session, 0);
    return session;
}

/* The typed setter came with 1.11 and the old one is deprecated there. */
static inline void fleet_session_set_callbacks(LIBSSH2_SESSION *session, fleet_receive_callback receive,
                                               fleet_send_callback send, fleet_disconnect_callback disconnect) {
#if LIBSSH2_VERSION_NUM >= 0x010b00
    libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_RECV, (libssh2_cb_generic *)receive);
    libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_SEND, (libssh2_cb_generic *)send);
    libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_DISCONNECT, (libssh2_cb_generic *)disconnect);
#else
    libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, (void *)receive);
    libssh2_session_callback_set(session, LIBSSH2_CALLBACK_SEND, (void *)send);
    libssh2_session_callback_set(session, LIBSSH2_CALLBACK_DISCONNECT, (void *)disconnect);
#endif
}

static inline LIBSSH2_CHANNEL *fleet_channel_open_session(LIBSSH2_SESSION *session) {
    return libssh2_channel_open_ex(session, "session", sizeof("session") - 1, LIBSSH2_CHANNEL_WINDOW_DEFAULT,
                                   LIBSSH2_CHANNEL_PACKET_DEFAULT, NULL, 0);
}

static inline int fleet_channel_exec(LIBSSH2_CHANNEL *channel, const char *command, unsigned int length) {
    return libssh2_channel_process_startup(channel, "exec", sizeof("exec") - 1, command, length);
}

/* RSA keys with SHA-2 signatures, the only ones that current servers take, came with 1.11. */
static inline int fleet_library_signs_rsa_sha2(void) {
    return libssh2_version(0x010b00) != NULL;
}

enum {
    fleet_stream_output = 0,
    fleet_stream_error = SSH_EXTENDED_DATA_STDERR,
    fleet_known_host_hashed = LIBSSH2_KNOWNHOST_TYPE_SHA1 | LIBSSH2_KNOWNHOST_KEYENC_BASE64
                              | LIBSSH2_KNOWNHOST_KEY_ED25519,
    fleet_known_host_plain = LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_BASE64,
    fleet_disconnect_by_application = SSH_DISCONNECT_BY_APPLICATION,
};

#endif

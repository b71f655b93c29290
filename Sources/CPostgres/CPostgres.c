#include "CPostgres.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

// From libpq's ABI, which has not changed since 1999: CONNECTION_OK, PGRES_COMMAND_OK, PGRES_TUPLES_OK, PG_DIAG_SQLSTATE.
enum { connection_ok = 0, command_ok = 1, tuples_ok = 2, diagnostic_state = 'C' };

static struct {
    cpq_connection *(*connect)(const char *const *, const char *const *, int);
    int (*status)(const cpq_connection *);
    void (*finish)(cpq_connection *);
    char *(*connection_error)(const cpq_connection *);
    cpq_result *(*execute)(cpq_connection *, const char *, int, const unsigned *, const char *const *, const int *,
                           const int *, int);
    void (*clear)(cpq_result *);
    int (*result_status)(const cpq_result *);
    char *(*error_field)(const cpq_result *, int);
    char *(*error)(const cpq_result *);
    int (*rows)(const cpq_result *);
    int (*columns)(const cpq_result *);
    int (*is_null)(const cpq_result *, int, int);
    char *(*value)(const cpq_result *, int, int);
} libpq;

static const char *failure;

static void load(void) {
    static const char *const names[] = {
        "libpq.so.5", "libpq.5.dylib", "/opt/homebrew/opt/libpq/lib/libpq.5.dylib", NULL,
    };
    void *library = NULL;
    for (int i = 0; names[i] && !library; i++) library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        failure = "libpq is not there; install it (Debian: apt-get install libpq5)";
        return;
    }
    struct { const char *name; void **place; } symbols[] = {
        {"PQconnectdbParams", (void **)&libpq.connect}, {"PQstatus", (void **)&libpq.status},
        {"PQfinish", (void **)&libpq.finish}, {"PQerrorMessage", (void **)&libpq.connection_error},
        {"PQexecParams", (void **)&libpq.execute}, {"PQclear", (void **)&libpq.clear},
        {"PQresultStatus", (void **)&libpq.result_status}, {"PQresultErrorField", (void **)&libpq.error_field},
        {"PQresultErrorMessage", (void **)&libpq.error}, {"PQntuples", (void **)&libpq.rows},
        {"PQnfields", (void **)&libpq.columns}, {"PQgetisnull", (void **)&libpq.is_null},
        {"PQgetvalue", (void **)&libpq.value},
    };
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        *symbols[i].place = dlsym(library, symbols[i].name);
        if (!*symbols[i].place) failure = "libpq is there, but lacks functions that every version since 9.0 has";
    }
}

const char *cpq_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return failure;
}

cpq_connection *cpq_connect(const char *const *keywords, const char *const *values) {
    return libpq.connect(keywords, values, 0);
}
int cpq_is_connected(const cpq_connection *connection) { return libpq.status(connection) == connection_ok; }
void cpq_finish(cpq_connection *connection) { libpq.finish(connection); }
const char *cpq_connection_error(const cpq_connection *connection) { return libpq.connection_error(connection); }

cpq_result *cpq_execute(cpq_connection *connection, const char *statement, int count, const char *const *values) {
    return libpq.execute(connection, statement, count, NULL, values, NULL, NULL, 0);
}
void cpq_clear(cpq_result *result) { libpq.clear(result); }
int cpq_is_success(const cpq_result *result) {
    int status = libpq.result_status(result);
    return status == command_ok || status == tuples_ok;
}
const char *cpq_state(const cpq_result *result) { return libpq.error_field(result, diagnostic_state); }
const char *cpq_error(const cpq_result *result) { return libpq.error(result); }
int cpq_rows(const cpq_result *result) { return libpq.rows(result); }
int cpq_columns(const cpq_result *result) { return libpq.columns(result); }
const char *cpq_value(const cpq_result *result, int row, int column) {
    return libpq.is_null(result, row, column) ? NULL : libpq.value(result, row, column);
}

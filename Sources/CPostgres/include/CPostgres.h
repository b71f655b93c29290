// The part of libpq that the platform uses. The library is loaded at run time, so that hosts without it can run the rest.
#ifndef CPOSTGRES_H
#define CPOSTGRES_H

typedef struct cpq_connection cpq_connection;
typedef struct cpq_result cpq_result;

/// Loads libpq, once. Returns a null pointer, or why it cannot be loaded. Every other function needs it loaded.
const char *cpq_load(void);

/// Connects; both arrays end with a null pointer. Never null; ask `cpq_is_connected`.
cpq_connection *cpq_connect(const char *const *keywords, const char *const *values);
int cpq_is_connected(const cpq_connection *connection);
void cpq_finish(cpq_connection *connection);
const char *cpq_connection_error(const cpq_connection *connection);

/// Runs one statement with parameters as text (null pointers are NULL).
cpq_result *cpq_execute(cpq_connection *connection, const char *statement, int count, const char *const *values);
void cpq_clear(cpq_result *result);
/// 1 when the statement went well.
int cpq_is_success(const cpq_result *result);
/// The five characters of SQLSTATE, or a null pointer.
const char *cpq_state(const cpq_result *result);
const char *cpq_error(const cpq_result *result);
int cpq_rows(const cpq_result *result);
int cpq_columns(const cpq_result *result);
/// The value as text; a null pointer is NULL.
const char *cpq_value(const cpq_result *result, int row, int column);

#endif

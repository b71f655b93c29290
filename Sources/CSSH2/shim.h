#ifndef FLEET_CSSH2_SHIM_H
#define FLEET_CSSH2_SHIM_H

#include <libssh2.h>

#endif

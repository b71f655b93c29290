#ifndef FLEET_CLINUX_H
#define FLEET_CLINUX_H

#endif

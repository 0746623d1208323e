/* SPDX-License-Identifier: MIT */
#include "twin.h"

TWIN(made_by_elder)

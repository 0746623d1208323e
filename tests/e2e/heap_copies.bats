#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Blocks that are freed with handles in them: what a copy is, and what it costs to look for one.

load common
load expect

# shellcheck disable=SC2034
VICTIM=heap_copies

@test "the look for a copy does not sleep where there are other threads" {
	verdict of_two 100 0 "held static_handle 100"
}

# SPDX-License-Identifier: GPL-2.0-only
"""Kinds of machines, as arguments of machine.Job."""

# Firmware that survives the end of a VM that the hypervisor schedules
LATER = "gunyah_hyp.rm=later"
DETERMINISTIC = {"cpus": 2, "deterministic": True}
THREADS = {"cpus": 4, "words": "gunyah_hyp.caps=random gunyah_hyp.seed=1 " +
                               LATER}
PROD = {"cpus": 2, "words": "gunyah_hyp.caps=random gunyah_hyp.seed=2 "
                            "gunyah_hyp.rm=prod"}

# How many times as long everything takes on kernels that look for faults in
# themselves, see kernel/NAME.config
SLOW = {"debug": 7, "kcsan": 7, "rt": 3}

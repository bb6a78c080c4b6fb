// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration of a VM in its devicetree: vCPUs and interrupt controller
 */
#include <libfdt.h>

#include "rm_core.h"

/* The owner's scheduling priority; an untrusted VM needs a lower one */
#define OWNER_PRIORITY	0

static bool is_string(const void *fdt, int node, const char *name,
		      const char *value)
{
	int len;
	const char *p = fdt_getprop(fdt, node, name, &len);

	return p && (size_t)len == strlen(value) + 1 && !memcmp(p, value, len);
}

static int vcpus_node(const void *fdt)
{
	int config = config_vm_node(fdt);

	return config < 0 ? config : dt_exact_subnode(fdt, config, "vcpus");
}

static int cpus_node(const void *fdt)
{
	int len, node = vcpus_node(fdt);
	const char *path = NULL;

	if (node >= 0)
		path = fdt_getprop(fdt, node, "config", &len);
	if (!path)
		return fdt_path_offset(fdt, "/cpus");
	if (len < 2 || path[0] != '/' || path[len - 1])
		return -FDT_ERR_BADPATH;
	return fdt_path_offset(fdt, path);
}

static bool starts_with(const void *fdt, int node, const char *name,
			const char *prefix)
{
	int len;
	const char *p = fdt_getprop(fdt, node, name, &len);
	int n = (int)strlen(prefix);

	return p && len > n && !memcmp(p, prefix, n) && !p[len - 1];
}

/**
 * config_next_cpu() - iterate over the cpu nodes that are vCPUs
 * @fdt: devicetree
 * @cpu: the one before; negative: start
 *
 * Return: node; negative: no more
 */
int config_next_cpu(const void *fdt, int cpu)
{
	if (cpu < 0) {
		int cpus = cpus_node(fdt);

		if (cpus < 0)
			return cpus;
		cpu = fdt_first_subnode(fdt, cpus);
	} else {
		cpu = fdt_next_subnode(fdt, cpu);
	}
	for (; cpu >= 0; cpu = fdt_next_subnode(fdt, cpu))
		if (is_string(fdt, cpu, "device_type", "cpu") &&
		    !is_string(fdt, cpu, "status", "fail") &&
		    !starts_with(fdt, cpu, "status", "fail-"))
			break;
	return cpu;
}

static bool has_enable_method(const void *fdt, int cpu, const char *method)
{
	int parent;

	if (fdt_getprop(fdt, cpu, "enable-method", NULL))
		return is_string(fdt, cpu, "enable-method", method);
	parent = fdt_parent_offset(fdt, cpu);
	return parent >= 0 && is_string(fdt, parent, "enable-method", method);
}

/* @boot_seen: a cpu node without status was taken as the boot cpu */
static uint32_t parse_cpu(struct rm *rm, struct rm_vm *vm, const void *fdt,
			  int cpu, bool *boot_seen)
{
	struct rm_vm_config *cfg = vm->cfg;
	struct rm_vcpu *vcpu;
	bool psci;

	if (cfg->nvcpus == RM_MAX_VCPUS)
		return rm_refuse(rm, RM_ERR_NORESOURCE, "too many cpu nodes");
	vcpu = &cfg->vcpu[cfg->nvcpus++];
	if (!fdt_getprop(fdt, cpu, "status", NULL)) {
		vcpu->boot = !*boot_seen;
		*boot_seen = true;
	} else if (is_string(fdt, cpu, "status", "okay")) {
		vcpu->boot = true;
	} else if (!is_string(fdt, cpu, "status", "disabled")) {
		return rm_refuse(rm, RM_ERR_MEM, "unknown status of a cpu");
	}
	psci = has_enable_method(fdt, cpu, "psci");
	if (!vcpu->boot) {
		if (!psci && !has_enable_method(fdt, cpu, "qcom,gunyah-hvc"))
			return rm_refuse(rm, RM_ERR_MEM,
					 "no enable-method of a cpu");
		if (psci)
			cfg->psci = true;
	}
	if (fdt_getprop(fdt, cpu, "cpu-idle-states", NULL))
		cfg->psci = true;
	return RM_OK;
}

/*
 * A missing affinity-map makes the devicetree invalid. The other properties are
 * checked later, when the hypervisor is configured: NORESOURCE.
 */
static uint32_t parse_static(struct rm *rm, struct rm_vm *vm, const void *fdt,
			     int node)
{
	struct rm_vm_config *cfg = vm->cfg;
	uint64_t timeslice = 0, priority = OWNER_PRIORITY;
	const uint8_t *map;
	uint32_t i;
	int len, cpu;

	map = node < 0 ? NULL : fdt_getprop(fdt, node, "affinity-map", &len);
	if (!map || len != 4 * (int)cfg->nvcpus)
		return rm_refuse(rm, RM_ERR_MEM,
				 "affinity is static without affinity-map");
	for (i = 0; i < cfg->nvcpus; i++)
		cfg->vcpu[i].affinity = (uint32_t)dt_cells(map + 4 * i, 1);
	if (dt_number(fdt, node, "sched-timeslice", 1, &timeslice) ||
	    !timeslice ||
	    dt_number(fdt, node, "sched-priority", 1, &priority) == -2)
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "bad sched-timeslice or sched-priority");
	cfg->timeslice = (uint32_t)timeslice;
	cfg->priority = (int32_t)(uint32_t)priority;
	if (cfg->auth != RM_AUTH_PLATFORM && cfg->priority >= OWNER_PRIORITY)
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "sched-priority not below the owner's");
	for (cpu = config_next_cpu(fdt, -1); cfg->psci && cpu >= 0;
	     cpu = config_next_cpu(fdt, cpu))
		if (!fdt_getprop(fdt, cpu, "cpu-idle-states", NULL))
			return rm_refuse(rm, RM_ERR_NORESOURCE,
					 "no cpu-idle-states of a cpu");
	return RM_OK;
}

/**
 * config_parse_cpus() - read the vcpus node and the cpu nodes
 * @rm: resource manager
 * @vm: VM
 * @fdt: devicetree, valid
 *
 * Return: what VM_INIT answers
 */
uint32_t config_parse_cpus(struct rm *rm, struct rm_vm *vm, const void *fdt)
{
	struct rm_vm_config *cfg = vm->cfg;
	int node = vcpus_node(fdt);
	bool boot_seen = false, boot = false;
	uint32_t i, err;
	int cpu;

	for (cpu = config_next_cpu(fdt, -1); cpu >= 0;
	     cpu = config_next_cpu(fdt, cpu)) {
		err = parse_cpu(rm, vm, fdt, cpu, &boot_seen);
		if (err)
			return err;
	}
	for (i = 0; i < cfg->nvcpus; i++)
		boot |= cfg->vcpu[i].boot;
	if (!boot)
		return rm_refuse(rm, RM_ERR_MEM, "no cpu to boot");
	if (fdt_node_offset_by_compatible(fdt, -1, "arm,psci-0.2") >= 0 ||
	    fdt_node_offset_by_compatible(fdt, -1, "arm,psci-1.0") >= 0)
		cfg->psci = true;

	cfg->proxy = node >= 0 && is_string(fdt, node, "affinity", "proxy");
	if (cfg->proxy)
		return RM_OK;
	if (node >= 0 && fdt_getprop(fdt, node, "affinity", NULL) &&
	    !is_string(fdt, node, "affinity", "static") &&
	    !is_string(fdt, node, "affinity", "sticky") &&
	    !is_string(fdt, node, "affinity", "pinned"))
		rm_log(rm, "unknown affinity, static taken, VM", vm->vmid);
	return parse_static(rm, vm, fdt, node);
}

/* Interrupt controller -------------------------------------------------- */

/**
 * config_gic_node() - find the VM's interrupt controller
 * @rm: resource manager, for its log
 * @fdt: devicetree
 *
 * Return: node; negative: none
 */
int config_gic_node(struct rm *rm, const void *fdt)
{
	int node, len, config = config_vm_node(fdt);
	const uint8_t *p;

	node = config < 0 ? config :
			    dt_exact_subnode(fdt, config, "interrupts");
	p = node < 0 ? NULL : fdt_getprop(fdt, node, "config", &len);
	if (p && len > 1 && p[0] == '/' && !p[len - 1])
		return fdt_path_offset(fdt, (const char *)p);
	if (p && len == 4) {
		rm_log(rm, "interrupts/config is not a path", 0);
		return fdt_node_offset_by_phandle(fdt,
						  (uint32_t)dt_cells(p, 1));
	}
	p = fdt_getprop(fdt, 0, "interrupt-parent", &len);
	if (!p || len != 4)
		return -FDT_ERR_NOTFOUND;
	return fdt_node_offset_by_phandle(fdt, (uint32_t)dt_cells(p, 1));
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

static bool frame_ok(uint64_t base, uint64_t size)
{
	return !(base & (RM_GIC_FRAME - 1)) && base < RM_IPA_END &&
	       size <= RM_IPA_END - base;
}

static uint32_t parse_gic_reg(struct rm *rm, struct rm_vm *vm, const void *fdt,
			      int gic)
{
	struct rm_vm_config *cfg = vm->cfg;
	uint64_t dist_size, redist_size, need, regions = 1;

	if ((dt_number(fdt, gic, "redistributor-stride", 2,
		       &cfg->gicr_stride) == -2 &&
	     dt_number(fdt, gic, "redistributor-stride", 1,
		       &cfg->gicr_stride)) ||
	    dt_number(fdt, gic, "#redistributor-regions", 1, &regions) == -2 ||
	    regions != 1 || !cfg->gicr_stride ||
	    cfg->gicr_stride % RM_GICR_STRIDE ||
	    cfg->gicr_stride > RM_IPA_END / RM_MAX_VCPUS)
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "redistributors cannot be laid out like that");
	if (!dt_reg(fdt, gic, 0, &cfg->gicd, &dist_size) ||
	    !dt_reg(fdt, gic, 1, &cfg->gicr, &redist_size))
		return rm_refuse(rm, RM_ERR_NORESOURCE, "bad reg of the GIC");
	need = cfg->gicr_stride * cfg->nvcpus;
	if (dist_size < RM_GIC_FRAME || redist_size < need ||
	    !frame_ok(cfg->gicd, RM_GIC_FRAME) || !frame_ok(cfg->gicr, need) ||
	    overlap(cfg->gicd, RM_GIC_FRAME, cfg->gicr, need))
		return rm_refuse(rm, RM_ERR_NORESOURCE,
				 "frames of the GIC are too small or overlap");
	return RM_OK;
}

/**
 * config_parse_gic() - read the interrupt controller's node
 * @rm: resource manager
 * @vm: VM
 * @fdt: devicetree, valid
 *
 * Return: what VM_INIT answers
 */
uint32_t config_parse_gic(struct rm *rm, struct rm_vm *vm, const void *fdt)
{
	int gic = config_gic_node(rm, fdt);
	uint64_t cells = 0;

	if (gic < 0 || fdt_node_check_compatible(fdt, gic, "arm,gic-v3") ||
	    !fdt_getprop(fdt, gic, "interrupt-controller", NULL) ||
	    dt_number(fdt, gic, "#interrupt-cells", 1, &cells) || cells != 3)
		return rm_refuse(rm, RM_ERR_MEM, "no GICv3");
	vm->cfg->gicr_stride = RM_GICR_STRIDE;
	vm->cfg->gic_allocate = !fdt_getprop(fdt, gic, "reg", NULL);
	return vm->cfg->gic_allocate ? RM_OK : parse_gic_reg(rm, vm, fdt, gic);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration of a VM in its devicetree: /gunyah-vm-config
 *
 * Some properties are only allowed in trusted configurations, which are those
 * of authenticated images.
 */
#include <libfdt.h>

#include "rm_core.h"

/* Defaults of the QEMU platform for a VM without base-address */
#define DEFAULT_BASE		0x28800000ULL
#define DEFAULT_SIZE_MAX	0x07ffffffULL
#define DEFAULT_FW_SIZE_MAX	0x400000ULL

/**
 * config_vm_node() - find the configuration's node
 * @fdt: devicetree, valid
 *
 * Return: node; negative: there is none
 */
int config_vm_node(const void *fdt)
{
	int node = fdt_path_offset(fdt, "/gunyah-vm-config");

	return node < 0 ? fdt_path_offset(fdt, "/qcom,vm-config") : node;
}

static bool trusted(const struct rm_vm *vm)
{
	return vm->cfg->auth == RM_AUTH_PLATFORM;
}

/* The only memory node may be /memory, without a unit address */
static bool memory_nodes_ok(const void *fdt)
{
	int allowed = dt_exact_subnode(fdt, 0, "memory");
	int node;

	for (node = fdt_next_node(fdt, -1, NULL); node >= 0;
	     node = fdt_next_node(fdt, node, NULL)) {
		int len;
		const char *type = fdt_getprop(fdt, node, "device_type", &len);

		if (type && len == sizeof("memory") &&
		    !memcmp(type, "memory", len) && node != allowed)
			return false;
	}
	return true;
}

/**
 * struct attr_name - a string of vm-attrs
 * @name: the string
 * @attr: RM_ATTR_*, 0: has no effect here
 * @trusted_only: refused in configurations that are not trusted
 */
struct attr_name {
	const char *name;
	uint32_t attr;
	bool trusted_only;
};

static const struct attr_name attr_names[] = {
	{ "ras-error-handler", 0, true },
	{ "amu-counting-disabled", 0, true },
	{ "crash-fatal", RM_ATTR_CRASH_FATAL, true },
	{ "no-shutdown", RM_ATTR_NO_SHUTDOWN, true },
	{ "no-reset", RM_ATTR_NO_RESET, true },
	{ "context-dump", 0, false },
	{ "guest-ram-dump", 0, false },
	{ "insecure-console", 0, false },
};

static uint32_t parse_attr(struct rm *rm, struct rm_vm *vm, const char *name)
{
	size_t i;

	for (i = 0; i < RM_ARRAY_SIZE(attr_names); i++) {
		if (strcmp(name, attr_names[i].name))
			continue;
		if (attr_names[i].trusted_only && !trusted(vm))
			return rm_refuse(rm, RM_ERR_ARG,
					 "vm-attrs only for a trusted VM");
		vm->cfg->attrs |= attr_names[i].attr;
		return RM_OK;
	}
	rm_log(rm, "unknown vm-attrs of VM", vm->vmid);
	return RM_OK;
}

static uint32_t parse_attrs(struct rm *rm, struct rm_vm *vm, const void *fdt,
			    int node)
{
	int i, n = fdt_stringlist_count(fdt, node, "vm-attrs");
	uint32_t err = RM_OK;

	if (n == -FDT_ERR_NOTFOUND)
		return RM_OK;
	if (n < 0)
		return rm_refuse(rm, RM_ERR_ARG, "vm-attrs is no string list");
	for (i = 0; i < n && !err; i++)
		err = parse_attr(rm, vm, fdt_stringlist_get(fdt, node,
							    "vm-attrs", i,
							    NULL));
	return err;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx */
static bool parse_guid(const char *s, uint8_t guid[16])
{
	unsigned int i, n = 0;

	for (i = 0; i < 36; i++) {
		int d = hex_digit(s[i]);

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s[i] != '-')
				return false;
			continue;
		}
		if (d < 0)
			return false;
		guid[n / 2] = (uint8_t)(guid[n / 2] << 4 | d);
		n++;
	}
	return true;
}

static uint32_t parse_identity(struct rm *rm, struct rm_vm *vm,
			       const void *fdt, int node)
{
	struct rm_vm_config *cfg = vm->cfg;
	char guid[37];
	int len;

	len = dt_string(fdt, node, "image-name", cfg->name, sizeof(cfg->name));
	if (len < 1)
		return rm_refuse(rm, RM_ERR_MEM, len == -1 ?
				 "no image-name" : "bad image-name");
	if (dt_string(fdt, node, "vm-uri", cfg->uri, sizeof(cfg->uri)) == -2 ||
	    dt_string(fdt, node, "vendor", cfg->vendor,
		      sizeof(cfg->vendor)) == -2)
		return rm_refuse(rm, RM_ERR_ARG, "bad vm-uri or vendor");
	len = dt_string(fdt, node, "vm-guid", guid, sizeof(guid));
	if (len == -1)
		return RM_OK;
	if (len != 36 || !parse_guid(guid, cfg->guid))
		return rm_refuse(rm, RM_ERR_ARG, "bad vm-guid");
	cfg->has_guid = true;
	return RM_OK;
}

static uint32_t parse_firmware(struct rm *rm, struct rm_vm *vm,
			       const void *fdt, int node, int ac, int sc)
{
	struct rm_vm_config *cfg = vm->cfg;

	cfg->fw_size_max = DEFAULT_FW_SIZE_MAX;
	if (dt_number(fdt, node, "firmware-address", ac, &cfg->fw_base) == -2 ||
	    dt_number(fdt, node, "firmware-size-max", sc,
		      &cfg->fw_size_max) == -2 ||
	    !rm_page_aligned(cfg->fw_base))
		return rm_refuse(rm, RM_ERR_ARG, "bad firmware-address or size");
	return RM_OK;
}

static uint32_t parse_memory(struct rm *rm, struct rm_vm *vm, const void *fdt,
			     int config)
{
	int node = dt_exact_subnode(fdt, config, "memory");
	struct rm_vm_config *cfg = vm->cfg;
	uint64_t base = 0, size_max = 0;
	int ac, sc, has_base, has_max;

	cfg->base = DEFAULT_BASE;
	cfg->size_max = DEFAULT_SIZE_MAX;
	if (node < 0)
		return RM_OK;
	ac = fdt_address_cells(fdt, node);
	sc = fdt_size_cells(fdt, node);
	if (fdt_getprop(fdt, node, "is-direct", NULL) && !trusted(vm))
		return rm_refuse(rm, RM_ERR_ARG,
				 "is-direct only for a trusted VM");
	has_base = dt_number(fdt, node, "base-address", ac, &base);
	has_max = dt_number(fdt, node, "size-max", sc, &size_max);
	if (has_base == -2 || has_max == -2 || !rm_page_aligned(base) ||
	    base >= RM_IPA_END)
		return rm_refuse(rm, RM_ERR_ARG, "bad base-address or size-max");
	if (!has_base) {
		cfg->base = rm_align_up(base, RM_BLOCK_SIZE);
		cfg->has_base = true;
		cfg->size_max = RM_IPA_END - cfg->base;
		if (cfg->base != base)
			rm_log(rm, "base-address rounded up to", cfg->base);
	}
	if (!has_max && size_max < cfg->size_max)
		cfg->size_max = size_max;
	return parse_firmware(rm, vm, fdt, node, ac, sc);
}

/**
 * config_parse() - read a VM's configuration
 * @rm: resource manager
 * @vm: VM
 * @fdt: its devicetree, valid
 *
 * Return: what VM_INIT answers
 */
uint32_t config_parse(struct rm *rm, struct rm_vm *vm, const void *fdt)
{
	int node = config_vm_node(fdt);
	uint32_t err;

	if (!memory_nodes_ok(fdt))
		return rm_refuse(rm, RM_ERR_MEM,
				 "a memory node that is not /memory");
	if (node < 0)
		return rm_refuse(rm, RM_ERR_NORESOURCE, "no /gunyah-vm-config");
	err = parse_identity(rm, vm, fdt, node);
	if (!err)
		err = parse_attrs(rm, vm, fdt, node);
	if (!err && !trusted(vm) &&
	    (fdt_getprop(fdt, node, "iomemory-ranges", NULL) ||
	     fdt_getprop(fdt, node, "gic-irq-ranges", NULL)))
		err = rm_refuse(rm, RM_ERR_ARG, "ranges only for a trusted VM");
	if (!err)
		err = parse_memory(rm, vm, fdt, node);
	if (!err)
		err = config_parse_cpus(rm, vm, fdt);
	if (!err)
		err = config_parse_gic(rm, vm, fdt);
	if (!err)
		err = vdev_parse_all(rm, vm, fdt);
	return err;
}

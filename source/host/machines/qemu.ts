import path from 'node:path';

export type AcceleratorName = 'kvm' | 'tcg';

/** The properties that all machines of one template share. */
export type MachineShape = {
	readonly accelerator: AcceleratorName;
	readonly cpus: number;
	readonly memoryBytes: number;
	/** Paths on the host. */
	readonly kernel: string;
	readonly initramfs: string;
	/** Enables nested virtualisation; default false. */
	readonly isNested?: boolean;
};

/** PCIe port for the shares. Each port takes one device that is plugged while the machine runs. */
export const sharesPort = 'port0';
/** PCIe ports for network devices. Their number limits a container's networks. The first one has a device from the start. */
export const networkPorts = ['port1', 'port2', 'port3', 'port4', 'port5', 'port6'] as const;

/** Numbers of the virtio-serial ports; 0 is reserved for consoles. The number of SSH ports limits the concurrent commands in a guest. */
const serialPorts = {
	control: 1, log: 2, status: 3, ssh: [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
} as const;

export const sshPorts = serialPorts.ssh;

/**
MAC address of the first network device in the template. The address is part of the saved state, so arguments of QEMU cannot change it, and the guest sets its own.
*/
const templateMac = '02:00:00:00:00:01';

/**
The files in a machine's directory.

The directory belongs to root. QEMU's files are in the subdirectory `run`, which belongs to the machine's user. Its contents are not trusted, and the engine writes nothing into it.
*/
export const machineFiles = (directory: string) => {
	const run = path.join(directory, 'run');
	return {
		run,
		qmp: path.join(run, 'qmp.sock'),
		/** A second monitor, for log rotation. A monitor serves one client at a time. */
		logMonitor: path.join(run, 'log.sock'),
		/** Control port: the engine sends the start message and later commands. */
		control: path.join(run, 'control.sock'),
		/** Messages of the guest. QEMU writes them to a file, because a socket without a reader would block the guest. */
		status: path.join(run, 'status'),
		/** Each carries one SSH connection to the guest. */
		ssh: sshPorts.map(port => path.join(run, `ssh${port}.sock`)),
		/** Socket on which QEMU receives the device state of the template. */
		incoming: path.join(run, 'incoming.sock'),
		console: path.join(run, 'console'),
		/** Standard error of QEMU. */
		errors: path.join(directory, 'qemu.err'),
		record: path.join(directory, 'machine.json'),
		/** Copy of the template's memory, for a machine with shares, because virtiofsd maps it. */
		ram: path.join(directory, 'ram'),
		/** Directory that virtiofsd serves, with the shares mounted in it. */
		shares: path.join(directory, 'shares'),
		sharesSocket: path.join(directory, 'shares.sock'),
		sharesErrors: path.join(directory, 'virtiofsd.err'),
	};
};

const kernelArguments = ({accelerator}: MachineShape, tscKilohertz?: number) => [
	'console=ttyS0',
	// End the machine at once if its kernel panics.
	'panic=-1',
	'8250.nr_uarts=1',
	// The random generator must not be ready when a template is saved, because every machine seeds its own.
	'random.trust_cpu=off',
	'random.trust_bootloader=off',
	'init_on_alloc=0',
	// Guests have no audit daemon.
	'audit=0',
	// Emulation has no speculative execution, and a busy host would look like a lockup.
	...(accelerator === 'tcg' ? ['mitigations=off', 'tsc=reliable', 'nowatchdog', 'no_timer_check'] : []),
	...(tscKilohertz === undefined ? [] : [`tsc_early_khz=${tscKilohertz}`]),
].join(' ');

const processorOf = ({accelerator, isNested = false}: MachineShape): string => {
	if (accelerator === 'tcg') {
		// Five-level page tables and protection keys make context switches slower and enlarge the translated code. String
		// instructions are emulated step by step, and without ERMS the guest's kernel and libc copy words instead of bytes by them.
		return 'max,la57=off,pku=off,erms=off';
	}

	// Nested virtualisation adds attack surface, so it is off by default.
	return isNested ? 'host' : 'host,vmx=off,svm=off';
};

/** In MiB. When it is full, QEMU drops all translated code and begins anew. What is not used takes no memory. */
const translationCache = ({memoryBytes}: MachineShape): number => Math.min(512, Math.max(64, Math.ceil(memoryBytes / 4 / 1024 ** 2)));

export type QemuOptions = {
	readonly shape: MachineShape;
	/** The machine's directory, see `machineFiles`. */
	readonly directory: string;
	readonly name: string;
	readonly ram: {readonly path: string; readonly share: boolean; readonly readOnly: boolean};
	/** File that the guest's log port is appended to; default none, which drops the log. */
	readonly log?: string;
	/** Frequency of the time stamp counter in kHz; default measured by the kernel. */
	readonly tscKilohertz?: number;
	/** What a restored machine has in place of the template's empty devices; absent for a template. */
	readonly restored?: {
		/** The first part of the template's kernel. QEMU requires a kernel argument as in the template, but would load a whole kernel into memory without using it. */
		readonly kernelStart: string;
		/** A qcow2 overlay. */
		readonly disk: string;
		/** Tap of the first network; absent without networks. */
		readonly tap?: string;
	};
};

/**
The template has the disk and the first network device, but no driver has used them yet. So each machine can have another backend behind them, which saves plugging the devices in.
*/
const backends = (restored: QemuOptions['restored']) => restored
	? [
		'-blockdev',
		JSON.stringify({
			driver: 'qcow2', 'node-name': 'disk', discard: 'unmap', file: {driver: 'file', filename: restored.disk},
		}),
		...(restored.tap ? ['-netdev', `tap,id=net-${networkPorts[0]},ifname=${restored.tap},script=no,downscript=no`] : []),
	]
	: ['-blockdev', JSON.stringify({driver: 'null-co', 'node-name': 'disk', size: 16 * 1024 ** 3})];

const serialPort = (name: string, port: number) => ['-device', `virtserialport,bus=ports.0,nr=${port},chardev=${name},name=${name}`];

/**
QEMU's arguments for one machine, without the program.

The devices and their order are part of a template. A machine can only be restored with the same ones.
*/
export const qemuArguments = (options: QemuOptions): readonly string[] => {
	const {shape, directory, ram} = options;
	const files = machineFiles(directory);
	const accelerator = shape.accelerator === 'tcg' ? ['-accel', `tcg,tb-size=${translationCache(shape)}`] : ['-accel', shape.accelerator];
	return [
		'-name',
		options.name,
		'-nodefaults',
		'-no-user-config',
		'-no-reboot',
		'-display',
		'none',
		...accelerator,
		'-M',
		// Page merging would leak memory contents between machines through the timing of writes.
		'q35,memory-backend=ram,mem-merge=off,usb=off,smbus=off,sata=off,vmport=off,hpet=off',
		'-cpu',
		processorOf(shape),
		'-smp',
		String(shape.cpus),
		'-m',
		`${shape.memoryBytes}b`,
		'-object',
		`memory-backend-file,id=ram,size=${shape.memoryBytes}b,mem-path=${ram.path},share=${ram.share ? 'on' : 'off'}${ram.readOnly ? ',readonly=on,rom=off' : ''}`,
		'-kernel',
		options.restored?.kernelStart ?? shape.kernel,
		...(options.restored ? [] : ['-initrd', shape.initramfs]),
		'-append',
		kernelArguments(shape, options.tscKilohertz),
		...[sharesPort, ...networkPorts].flatMap((port, index) => ['-device', `pcie-root-port,id=${port},chassis=${index + 1},slot=${index + 1}`]),
		'-chardev',
		`socket,id=control,path=${files.control},server=on,wait=off`,
		'-chardev',
		`file,id=status,path=${files.status},append=on`,
		'-chardev',
		options.log ? `file,id=log,path=${options.log},append=on` : 'null,id=log',
		'-device',
		`virtio-serial-pci,id=ports,max_ports=${serialPorts.ssh.at(-1)! + 1}`,
		...[
			['control', serialPorts.control],
			['log', serialPorts.log],
			['status', serialPorts.status],
		].flatMap(([name, port]) => serialPort(String(name), Number(port))),
		...serialPorts.ssh.flatMap((port, index) => [
			'-chardev',
			`socket,id=ssh${port},path=${files.ssh[index]},server=on,wait=off`,
			...serialPort(`ssh${port}`, port),
		]),
		...backends(options.restored),
		'-device',
		'virtio-blk-pci,id=disk,drive=disk,logical_block_size=512,physical_block_size=4096',
		'-device',
		`virtio-net-pci,id=dev-${networkPorts[0]},bus=${networkPorts[0]},mac=${templateMac},romfile=${options.restored?.tap ? `,netdev=net-${networkPorts[0]}` : ''}`,
		'-object',
		'rng-random,id=entropy,filename=/dev/urandom',
		'-device',
		'virtio-rng-pci,rng=entropy',
		'-chardev',
		`file,id=console,path=${files.console},append=on`,
		'-serial',
		'chardev:console',
		'-qmp',
		`unix:${files.qmp},server=on,wait=off`,
		'-sandbox',
		'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
		...(options.restored ? ['-qmp', `unix:${files.logMonitor},server=on,wait=off`, '-incoming', 'defer'] : []),
	];
};

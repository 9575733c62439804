import path from 'node:path';

export type AcceleratorName = 'kvm' | 'tcg';

/** What two machines must share to be made from one template. */
export type MachineShape = {
	readonly accelerator: AcceleratorName;
	readonly cpus: number;
	readonly memoryBytes: number;
	/** Paths on the host. */
	readonly kernel: string;
	readonly initramfs: string;
	/** Hands the processor's virtualisation on, for machines that run machines themselves; default not. */
	readonly isNested?: boolean;
};

/** Where devices are plugged in while a machine runs; a port each. */
export const sharesPort = 'port0';
/** Ports for network devices; their number is how many networks a container can be attached to. The first has a device from the start. */
export const networkPorts = ['port1', 'port2', 'port3', 'port4', 'port5', 'port6'] as const;

/** Numbers of the virtio-serial ports; 0 is the bus's own, for consoles. Their count limits how many commands run in a guest at once besides its container. */
const serialPorts = {
	control: 1, log: 2, status: 3, ssh: [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
} as const;

export const sshPorts = serialPorts.ssh;

/**
MAC address of the network device that every machine is born with. It is part of the template's state, whatever QEMU is told later, so the guest sets its own.
*/
const templateMac = '02:00:00:00:00:01';

/**
Names of what a machine keeps in its directory.

The directory is root's. What QEMU makes is in a directory of its own inside, which belongs to the machine's user: nothing in there is trusted, and the engine writes nothing into it.
*/
export const machineFiles = (directory: string) => {
	const run = path.join(directory, 'run');
	return {
		run,
		qmp: path.join(run, 'qmp.sock'),
		/** A second monitor, for what rotates the log: each serves one at a time. */
		logMonitor: path.join(run, 'log.sock'),
		/** The start message and later verbs go in. */
		control: path.join(run, 'control.sock'),
		/** What the guest says, written by QEMU itself: a port with nobody behind it would make the guest wait for an engine. */
		status: path.join(run, 'status'),
		/** One connection of SSH to the guest each. */
		ssh: sshPorts.map(port => path.join(run, `ssh${port}.sock`)),
		/** Where QEMU waits for the device state of the template. */
		incoming: path.join(run, 'incoming.sock'),
		console: path.join(run, 'console'),
		/** Standard error of QEMU. */
		errors: path.join(directory, 'qemu.err'),
		record: path.join(directory, 'machine.json'),
		/** Copy of the template's memory, for a machine whose memory virtiofsd must see. */
		ram: path.join(directory, 'ram'),
		/** Directory in which the host assembles what virtiofsd serves. */
		shares: path.join(directory, 'shares'),
		sharesSocket: path.join(directory, 'shares.sock'),
		sharesErrors: path.join(directory, 'virtiofsd.err'),
	};
};

const kernelArguments = ({accelerator}: MachineShape, tscKilohertz?: number) => [
	'console=ttyS0',
	// A machine whose kernel panics ends at once instead of hanging.
	'panic=-1',
	'8250.nr_uarts=1',
	// The generator must not be ready when a template is saved: every machine seeds its own.
	'random.trust_cpu=off',
	'random.trust_bootloader=off',
	'init_on_alloc=0',
	// Nobody in a guest reads audit records.
	'audit=0',
	// Under emulation there is no speculation to guard against, and a busy host is no lockup.
	...(accelerator === 'tcg' ? ['mitigations=off', 'tsc=reliable', 'nowatchdog'] : []),
	...(tscKilohertz === undefined ? [] : [`tsc_early_khz=${tscKilohertz}`]),
].join(' ');

const processorOf = ({accelerator, isNested = false}: MachineShape): string => {
	if (accelerator === 'tcg') {
		// A fifth level of page tables and protection keys make every switch slower, and need more translated code.
		return 'max,la57=off,pku=off';
	}

	// Without use, a guest's way to KVM's emulation of virtualisation is only one more for an attack.
	return isNested ? 'host' : 'host,vmx=off,svm=off';
};

export type QemuOptions = {
	readonly shape: MachineShape;
	/** Directory of the machine's own, see `machineFiles`. */
	readonly directory: string;
	readonly name: string;
	readonly ram: {readonly path: string; readonly share: boolean; readonly readOnly: boolean};
	/** File to which the guest's log port is appended; nothing is kept without. */
	readonly log?: string;
	/** Frequency of the processor's time stamp counter, in kHz, where the kernel is not to measure it. */
	readonly tscKilohertz?: number;
	/** What a machine restored from a template has in place of the template's empty devices; a template has none. */
	readonly restored?: {
		/** The first part of the template's kernel. QEMU wants a kernel where the template had one, and would read all of it into memory of its own that nobody looks at again. */
		readonly kernelStart: string;
		/** A qcow2 overlay. */
		readonly disk: string;
		/** The first network's tap; a machine without networks has none. */
		readonly tap?: string;
	};
};

/**
The disk and the first network device are there when a template is saved, but no driver of the guest has touched them: what is behind them may then be another thing in every machine, which saves plugging them in.
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
The argument vector of QEMU for one machine, without the program itself.

The devices and their order are part of a template: a machine is restored only into the same.
*/
export const qemuArguments = (options: QemuOptions): readonly string[] => {
	const {shape, directory, ram} = options;
	const files = machineFiles(directory);
	const accelerator = shape.accelerator === 'tcg' ? ['-accel', 'tcg,tb-size=64'] : ['-accel', shape.accelerator];
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
		// Merging equal pages would let one machine learn by the time of a write what another one has in memory.
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

/** One of the 13 fields of 8 hexadecimal digits in a header. */
const field = (value: number) => value.toString(16).padStart(8, '0');

/** Every header, name and content begins at a multiple of four bytes. */
const pad = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc((4 - bytes.length % 4) % 4)]);

const entry = (name: string, content: Uint8Array, inode: number, mtime: number) => {
	const nameBytes = Buffer.from(`${name}\0`);
	const [mode, owner, links] = [0o10_0644, 0, 1];
	const fields = [inode, mode, owner, owner, links, mtime, content.length, 0, 0, 0, 0, nameBytes.length, 0];
	const header = Buffer.from(`070701${fields.map(value => field(value)).join('')}`);
	return Buffer.concat([pad(Buffer.concat([header, nameBytes])), pad(content)]);
};

/** Files by their path as a cpio archive in the `newc` format (the Linux kernel's Documentation/driver-api/early-userspace/buffer-format.rst). They belong to root and are world-readable; their time is now. */
export const encodeArchive = (files: Readonly<Record<string, Uint8Array>>): Uint8Array => {
	const mtime = Math.floor(Date.now() / 1000);
	return Buffer.concat([
		...Object.entries(files).map(([name, content], index) => entry(name, content, index + 1, mtime)),
		entry('TRAILER!!!', Buffer.alloc(0), 0, 0),
	]);
};

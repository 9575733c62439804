import {type Case} from '../host.js';

export const contract: Case = {
	name: 'contract',
	describe: 'the contract test suite, run against the host\'s engine',
	hosts: ['debian-13-userland'],
	limitMs: 45 * 60_000,
	async run(host, say) {
		let passed = 0;
		const failed: string[] = [];
		const {exitCode, stderr} = await host.run(['sh', '-c', 'cd /opt/holm && exec node node_modules/ava/entrypoints/cli.js --tap --timeout=10m dist/test/backends/host.test.js'], {
			limitMs: 45 * 60_000,
			onLine(line) {
				const {not, title} = /^(?<not>not )?ok \d+ - (?<title>.*)$/v.exec(line)?.groups ?? {};
				// A skipped test proves nothing.
				if (not !== undefined || / # (?:skip|todo)/iv.test(title ?? '')) {
					failed.push(title!);
					say(`not as promised: ${title}`);
				} else if (title !== undefined) {
					passed++;
					say(`${passed}: ${title}`);
				}
			},
		});
		if (exitCode !== 0 || failed.length > 0 || passed === 0) {
			throw new Error(`${passed} tests passed, ${failed.length} not: ${failed.join('; ')} ${stderr.trim()}`.trim());
		}
	},
};

import test from 'ava';
import {bootTimeoutsOf} from '../../../source/host/machines/boot-timeout.js';

test('the time to boot is the usual one of the accelerator unless the environment says otherwise', t => {
	for (const environment of [{}, {HOLM_BOOT_TIMEOUT: ''}]) {
		t.deepEqual(bootTimeoutsOf(environment), {kvm: 15_000, tcg: 60_000});
	}

	t.deepEqual(bootTimeoutsOf({HOLM_BOOT_TIMEOUT: '300'}), {kvm: 300_000, tcg: 300_000});
	t.deepEqual(bootTimeoutsOf({HOLM_BOOT_TIMEOUT: '1.5'}), {kvm: 1500, tcg: 1500});
});

test('a time to boot that is none is refused with a remedy', t => {
	for (const value of ['0', '-5', '0.5', '5m', '1e3', ' 10', '0x10', 'NaN', 'Infinity', '86401']) {
		const error = t.throws(() => bootTimeoutsOf({HOLM_BOOT_TIMEOUT: value}), {code: 'invalid', message: /HOLM_BOOT_TIMEOUT/v}, value);
		t.regex((error as {remedy?: string}).remedy ?? '', /from 1 to 86400/v);
	}
});

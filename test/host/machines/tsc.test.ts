import test from 'ava';
import {qemuArguments} from '../../../source/host/machines/qemu.js';
import {mismeasuredFrequency} from '../../../source/host/machines/tsc.js';

const content = [
	'[    0.060000] tsc: Unable to calibrate against PIT',
	'[    0.060000] tsc: using PMTIMER reference calibration',
	'[    0.060000] tsc: Detected 2445.461 MHz processor',
].join('\r\n');

const misled = [
	'[    0.060000] tsc: PIT calibration deviates from PMTIMER: 92856 2445439',
	'[    0.060000] tsc: Using PIT calibration value',
	'[    0.060000] tsc: Detected 92.856 MHz processor',
].join('\r\n');

test('the better frequency is found if the kernel\'s timers disagree', t => {
	t.is(mismeasuredFrequency(misled), 2_445_439);
	t.is(mismeasuredFrequency(content), undefined);
	t.is(mismeasuredFrequency(''), undefined);
});

test('a frequency that is known is given to the kernel', t => {
	const append = (tscKilohertz?: number) => {
		const arguments_ = qemuArguments({
			shape: {
				accelerator: 'tcg', cpus: 1, memoryBytes: 536_870_912, kernel: '/kernel', initramfs: '/initramfs',
			},
			directory: '/t', name: 'holm-template', ram: {path: '/t/ram', share: true, readOnly: false}, tscKilohertz,
		});
		return arguments_[arguments_.indexOf('-append') + 1]!.split(' ');
	};

	t.true(append(2_445_439).includes('tsc_early_khz=2445439'));
	t.false(append().some(argument => argument.startsWith('tsc_early_khz')));
});

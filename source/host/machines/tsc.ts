/**
The frequency in kHz that a kernel should have taken for its time stamp counter, from what it printed while it booted; undefined where it is content with what it measured.

Linux measures it by two timers and prefers the older one when they differ (`pit_hpet_ptimer_calibrate_cpu`). On a busy host that one can be wrong by a factor, because an emulated processor loses its turn in the middle of counting, and the guest's clock then runs as much too fast for as long as it lives.
*/
export const mismeasuredFrequency = (boot: string): number | undefined => {
	const {kilohertz} = /tsc: PIT calibration deviates from \w+: \d+ (?<kilohertz>\d+)/v.exec(boot)?.groups ?? {};
	return kilohertz === undefined ? undefined : Number(kilohertz);
};

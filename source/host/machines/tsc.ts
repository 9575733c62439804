/**
The right frequency of the time stamp counter in kHz, from the kernel's boot messages; undefined if the kernel's two measurements agree.

Linux measures it with two timers and prefers the older one if they differ (`pit_hpet_ptimer_calibrate_cpu`). On a busy host that one can be wrong by a factor, because the emulated processor is descheduled during the measurement. The guest's clock would then run too fast by the same factor.
*/
export const mismeasuredFrequency = (boot: string): number | undefined => {
	const {kilohertz} = /tsc: PIT calibration deviates from \w+: \d+ (?<kilohertz>\d+)/v.exec(boot)?.groups ?? {};
	return kilohertz === undefined ? undefined : Number(kilohertz);
};

import type {Measurement, Opened} from './measurement.js';

/** Summary of one subject's readings of one metric. */
export type Figure = {
	readonly measurement: string;
	readonly title: string;
	readonly subject: string;
	readonly metric: string;
	readonly unit: string;
	readonly median: number;
	readonly minimum: number;
	readonly maximum: number;
	readonly rounds: number;
	/** The median ratio of this subject's reading to the first subject's in the same round. */
	readonly ratio: number;
};

/** The middle value, or the mean of the two middle ones. */
export const medianOf = (values: readonly number[]): number => {
	const sorted = values.toSorted((a, b) => a - b);
	const middle = (sorted.length - 1) / 2;
	return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
};

/** Reads every subject once per round and summarizes the readings. */
export const takeFigures = async ({name, title, metrics}: Measurement, {subjects}: Opened, rounds: number): Promise<Figure[]> => {
	const readings: Array<ReadonlyArray<readonly number[]>> = [];
	for (let round = 0; round < rounds; round++) {
		const ofRound: Array<readonly number[]> = [];
		for (const subject of subjects) {
			ofRound.push(await subject.read());
		}

		readings.push(ofRound);
	}

	return metrics.flatMap((metric, metricIndex) => subjects.map((subject, subjectIndex) => {
		const values = readings.map(ofRound => ofRound[subjectIndex]![metricIndex]!);
		const ratios = readings.map(ofRound => ofRound[subjectIndex]![metricIndex]! / ofRound[0]![metricIndex]!);
		return {
			measurement: name,
			title,
			subject: subject.name,
			metric: metric.name,
			unit: metric.unit,
			median: medianOf(values),
			minimum: Math.min(...values),
			maximum: Math.max(...values),
			rounds,
			ratio: medianOf(ratios),
		};
	}));
};

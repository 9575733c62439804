/** Memoizes the last result; inputs are compared with `Object.is`. */
export const lastResult = <Inputs extends readonly unknown[], Result>(compute: (...inputs: Inputs) => Result): typeof compute => {
	let last: {readonly inputs: Inputs; readonly result: Result} | undefined;
	return (...inputs) => {
		if (!last || inputs.some((input, index) => !Object.is(input, last!.inputs[index]))) {
			last = {inputs, result: compute(...inputs)};
		}

		return last.result;
	};
};

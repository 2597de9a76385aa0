// The same training with one object per neuron and one per link, the data structure of
// TensorFlow Playground: each row of the data walks through the graph, forwards and backwards, and
// the links add up their derivatives until the update. Only for the benchmark.

class Link {
  constructor(source, target, weight) {
    this.source = source;
    this.target = target;
    this.weight = weight;
    this.derivative = 0;
    this.isDead = false;
  }
}

class Node {
  constructor(activation) {
    this.activation = activation;
    this.incoming = [];
    this.outgoing = [];
    this.bias = 0;
    this.biasDerivative = 0;
    this.total = 0;
    this.output = 0;
    this.outputDerivative = 0;
    this.inputDerivative = 0;
  }

  forward() {
    this.total = this.bias;
    for (let i = 0; i < this.incoming.length; i += 1) {
      const link = this.incoming[i];
      this.total += link.weight * link.source.output;
    }
    this.output = this.activation.value(this.total);
  }

  backward() {
    this.inputDerivative = this.outputDerivative * this.activation.slope(this.total);
    this.biasDerivative += this.inputDerivative;
    for (let i = 0; i < this.incoming.length; i += 1) {
      const link = this.incoming[i];
      if (!link.isDead) link.derivative += this.inputDerivative * link.source.output;
    }
  }

  collect() {
    this.outputDerivative = 0;
    for (let i = 0; i < this.outgoing.length; i += 1) {
      const link = this.outgoing[i];
      this.outputDerivative += link.weight * link.target.inputDerivative;
    }
  }

  update(rate) {
    this.bias -= rate * this.biasDerivative;
    this.biasDerivative = 0;
    for (let i = 0; i < this.incoming.length; i += 1) {
      const link = this.incoming[i];
      link.weight -= rate * link.derivative;
      link.derivative = 0;
    }
  }
}

const LINEAR = { value: (z) => z, slope: () => 1 };

/** Train from the matrices `weights`, of `shape` [2, …, 1], on `rows` [[m, a, target], …]. */
export function trainObjects({ shape, weights, rows, learningRate, slope, epochs }) {
  const leaky = { value: (z) => (z > 0 ? z : slope * z), slope: (z) => (z > 0 ? 1 : slope) };
  const layers = shape.map((size, depth) =>
    Array.from({ length: size }, () => new Node(depth < shape.length - 1 ? leaky : LINEAR)),
  );
  weights.forEach((matrix, depth) => {
    layers[depth].forEach((source, i) => {
      layers[depth + 1].forEach((target, j) => {
        const link = new Link(source, target, matrix[i * shape[depth + 1] + j]);
        source.outgoing.push(link);
        target.incoming.push(link);
      });
    });
  });
  const [inputs, ...rest] = layers;
  const [output] = rest.at(-1);
  const costs = [];
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    let cost = 0;
    for (const [m, a, target] of rows) {
      inputs[0].output = m;
      inputs[1].output = a;
      for (const layer of rest) for (const node of layer) node.forward();
      const error = output.output - target;
      cost += error ** 2 / rows.length;
      output.outputDerivative = (2 * error) / rows.length;
      output.backward();
      for (let depth = rest.length - 2; depth >= 0; depth -= 1) {
        for (const node of rest[depth]) {
          node.collect();
          node.backward();
        }
      }
    }
    costs.push(cost);
    for (const layer of rest) for (const node of layer) node.update(learningRate);
  }
  return costs;
}

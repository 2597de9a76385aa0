// NumPy's legacy generator, np.random.RandomState(seed): MT19937 (Matsumoto & Nishimura 1998), 53-bit
// uniform numbers, normal numbers by the polar method (Marsaglia & Bray 1964).

const N = 624;
const M = 397;

export class RandomState {
  /** @param {number} seed a whole number from 0 to 2³² - 1 */
  constructor(seed) {
    this.state = new Uint32Array(N);
    this.state[0] = seed;
    for (let i = 1; i < N; i += 1) {
      const previous = this.state[i - 1] ^ (this.state[i - 1] >>> 30);
      this.state[i] = Math.imul(1812433253, previous) + i;
    }
    this.position = N;
    this.spare = null;
  }

  /** 32 random bits. */
  bits() {
    const { state } = this;
    if (this.position === N) {
      for (let i = 0; i < N; i += 1) {
        const y = (state[i] & 0x80000000) | (state[(i + 1) % N] & 0x7fffffff);
        state[i] = state[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      this.position = 0;
    }
    let y = state[this.position];
    this.position += 1;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** Uniform on [0, 1): `random_sample`. */
  uniform() {
    const high = this.bits() >>> 5;
    const low = this.bits() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Standard normal: `randn`. Two are made at a time, the second is kept. */
  normal() {
    if (this.spare !== null) {
      const value = this.spare;
      this.spare = null;
      return value;
    }
    let first;
    let second;
    let square;
    do {
      first = 2 * this.uniform() - 1;
      second = 2 * this.uniform() - 1;
      square = first * first + second * second;
    } while (square >= 1 || square === 0);
    const factor = Math.sqrt((-2 * Math.log(square)) / square);
    this.spare = factor * first;
    return factor * second;
  }
}

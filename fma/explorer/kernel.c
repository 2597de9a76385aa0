// The gradient of a [2, width, 64, 1] LeakyReLU network with every straight neuron folded away: the
// algebra of fma/folding.py, one neuron a row, one data point a column, two doubles at a time.
//
// Columns are the training rows followed by the points of a grid on which the learned surface is
// drawn; the grid takes part in the forward pass only. A neuron is straight if it has one sign on
// all of these. While layer 1 has no bent neuron, layer 2 is affine in (m, a) and has its extremes
// on the `edge`: the corners of the training rows' convex hull, then those of the square around all
// columns; then only its bent neurons are computed on every column.
//
// The page fills `columns`, `edge`, `targets` and the parameters, then calls `step` once an epoch
// and reads the records.

#define WIDTH 256  // most neurons of layer 1
#define HIDDEN 64
#define TRAINING 700
#define GRID 362  // 19 × 19 points and one to make the number of columns even
#define COLUMNS (TRAINING + GRID)
#define HULL 60
#define EDGE (HULL + 4)
#define EXPORT(name) \
    __attribute__((export_name(#name "_at"))) void *name##_at(void) { return name; }

typedef double pair __attribute__((vector_size(16), aligned(8)));
typedef long long mask __attribute__((vector_size(16), aligned(8)));

static double columns[3][COLUMNS];  // m, a, 1
static double edge[3][EDGE];
static double targets[TRAINING];
static double layer1[3][WIDTH];  // W1 and, in the last row, b1
static double W2[WIDTH][HIDDEN], b2[HIDDEN], W3[HIDDEN], b3[1];
static double top[HIDDEN];  // largest pre-activation of each layer-2 neuron on the training rows
static double surface[GRID];
static double record[6];  // cost, largest Z2, neurons alive, ‖dW1‖, ‖dW2‖, ‖dW3‖

EXPORT(columns) EXPORT(edge) EXPORT(targets) EXPORT(layer1) EXPORT(W2) EXPORT(b2) EXPORT(W3) EXPORT(b3)
EXPORT(top) EXPORT(surface) EXPORT(record)

// Bent neurons' rows, then m, a, 1, then rows of zeros up to a multiple of four.
static double inputs[WIDTH + 8][COLUMNS], weights[WIDTH + 8][HIDDEN];
static double slopes1[WIDTH + 4][TRAINING], dZ1[WIDTH + 4][TRAINING];
static double Z2[HIDDEN][COLUMNS], dZ2[HIDDEN + 4][TRAINING];
static double products[WIDTH + 8][HIDDEN + 4], back[HIDDEN + 4][WIDTH + 8];
static double d_weights[WIDTH + 8][HIDDEN], dW2[WIDTH][HIDDEN], d_layer1[3][WIDTH];

static pair load(const double *at) { return *(const pair *)at; }
static pair both(double value) { return (pair){value, value}; }
static pair choose(mask which, pair yes, pair no) {
    return (pair)((which & (mask)yes) | (~which & (mask)no));
}
static pair slope_at(pair z, double slope) { return choose(z > both(0), both(1), both(slope)); }
static int up4(int n) { return (n + 3) & ~3; }

// out[j][c] = Σ_i factor[i][j] in[i][c] for c < last, j < outs; outs is a multiple of four.
static inline void combine(
    double *restrict out, int out_row, const double *restrict factor, int factor_row,
    const double *restrict in, int in_row, int ins, int outs, int last
) {
    for (int c = 0; c < last; c += 4) {
        int pairs = last - c > 2 ? 2 : 1;
        for (int j = 0; j < outs; j += 4) {
            pair sum[4][2] = {{both(0)}};
            for (int i = 0; i < ins; i++) {
                const double *row = in + i * in_row + c, *f = factor + i * factor_row + j;
                pair left = load(row), right = pairs > 1 ? load(row + 2) : both(0);
                for (int k = 0; k < 4; k++) {
                    sum[k][0] += both(f[k]) * left;
                    sum[k][1] += both(f[k]) * right;
                }
            }
            for (int k = 0; k < 4; k++) {
                *(pair *)(out + (j + k) * out_row + c) = sum[k][0];
                if (pairs > 1) *(pair *)(out + (j + k) * out_row + c + 2) = sum[k][1];
            }
        }
    }
}

// out[i][j] = Σ_c a[i][c] b[j][c] over the training rows; both counts are multiples of four.
static inline void correlate(
    double *restrict out, int out_row, const double *restrict a, int a_row, int rows_a,
    const double *restrict b, int b_row, int rows_b
) {
    for (int i = 0; i < rows_a; i += 4)
        for (int j = 0; j < rows_b; j += 2) {
            pair sum[4][2] = {{both(0)}};
            for (int c = 0; c < TRAINING; c += 2) {
                pair one = load(b + j * b_row + c), two = load(b + (j + 1) * b_row + c);
                for (int k = 0; k < 4; k++) {
                    pair left = load(a + (i + k) * a_row + c);
                    sum[k][0] += left * one;
                    sum[k][1] += left * two;
                }
            }
            for (int k = 0; k < 4; k++)
                for (int l = 0; l < 2; l++) out[(i + k) * out_row + j + l] = sum[k][l][0] + sum[k][l][1];
        }
}

static double dot(const double *a, const double *b, int n) {
    pair sum = both(0);
    for (int c = 0; c < n; c += 2) sum += load(a + c) * load(b + c);
    return sum[0] + sum[1];
}

static void clear(double *from, int n) {
    for (int i = 0; i < n; i++) from[i] = 0;
}

// The least and the largest of n numbers.
static void extent(const double *z, int n, double *low, double *high) {
    pair least = load(z), most = least;
    for (int c = 2; c < n; c += 2) {
        pair at = load(z + c);
        least = choose(at < least, at, least);
        most = choose(at > most, at, most);
    }
    *low = least[0] < least[1] ? least[0] : least[1];
    *high = most[0] > most[1] ? most[0] : most[1];
}

// Record the present epoch, then update the parameters by θ ← θ - rate · gradient.
__attribute__((export_name("step"))) void step(int width, double slope, double rate) {
    static int bent[WIDTH], bent2[HIDDEN];
    static double straight[WIDTH], straight2[HIDDEN], w3_straight[HIDDEN], output[COLUMNS];
    static double dW3[HIDDEN], residual[TRAINING], ends[HIDDEN][EDGE], chosen[3][HIDDEN];
    static double to_output[WIDTH + 8];

    // Layer 1. The square [1, 10]² around the data tells which neurons may be bent.
    int k = 0;
    for (int j = 0; j < width; j++) {
        double m = layer1[0][j], a = layer1[1][j], b = layer1[2][j];
        double low = b + (m > 0 ? m : 10 * m) + (a > 0 ? a : 10 * a);
        double high = b + (m > 0 ? 10 * m : m) + (a > 0 ? 10 * a : a);
        straight[j] = low > 0 ? 1 : slope;
        if (!(low > 0) && !(high <= 0)) {
            straight[j] = 0;
            bent[k] = j;
            for (int c = 0; c < COLUMNS; c += 2) {
                pair z = both(m) * load(columns[0] + c) + both(a) * load(columns[1] + c) + both(b);
                pair s = slope_at(z, slope);
                *(pair *)(inputs[k] + c) = s * z;
                if (c < TRAINING) *(pair *)(slopes1[k] + c) = s;
            }
            for (int h = 0; h < HIDDEN; h++) weights[k][h] = W2[j][h];
            k++;
        }
    }
    int ins = k + 3, ins4 = up4(ins);
    for (int i = 0; i < 3; i++) {
        for (int c = 0; c < COLUMNS; c++) inputs[k + i][c] = columns[i][c];
        for (int h = 0; h < HIDDEN; h++) weights[k + i][h] = i < 2 ? 0 : b2[h];
    }
    clear(inputs[ins], (ins4 - ins) * COLUMNS);
    clear(weights[ins], (ins4 - ins) * HIDDEN);
    for (int j = 0; j < width; j++) {
        pair f0 = both(straight[j] * layer1[0][j]), f1 = both(straight[j] * layer1[1][j]);
        pair f2 = both(straight[j] * layer1[2][j]);
        for (int h = 0; h < HIDDEN; h += 2) {
            pair w = load(W2[j] + h);
            *(pair *)(weights[k] + h) += f0 * w;
            *(pair *)(weights[k + 1] + h) += f1 * w;
            *(pair *)(weights[k + 2] + h) += f2 * w;
        }
    }

    // Layer 2: which neurons are bent, and their pre-activations.
    if (k) combine(Z2[0], COLUMNS, weights[0], HIDDEN, inputs[0], COLUMNS, ins, HIDDEN, COLUMNS);
    else combine(ends[0], EDGE, weights[0], HIDDEN, edge[0], EDGE, ins, HIDDEN, EDGE);
    int k2 = 0, alive = 0;
    for (int h = 0; h < HIDDEN; h++) {
        const double *z = k ? Z2[h] : ends[h];
        int rows = k ? TRAINING : HULL, rest = k ? GRID : 4;
        double low, high, low_rest, high_rest;
        extent(z, rows, &low, &high);
        extent(z + rows, rest, &low_rest, &high_rest);
        top[h] = high;
        alive += high > 0;
        low = low_rest < low ? low_rest : low;
        high = high_rest > high ? high_rest : high;
        straight2[h] = low > 0 ? 1 : slope;
        if (!(low > 0) && !(high <= 0)) {
            straight2[h] = 0;
            bent2[k2++] = h;
        }
        w3_straight[h] = straight2[h] * W3[h];
    }
    int outs = k2 + 1, outs4 = up4(outs);
    if (!k) {
        for (int i = 0; i < 3; i++)
            for (int l = 0; l < up4(k2); l++) chosen[i][l] = l < k2 ? weights[i][bent2[l]] : 0;
        combine(Z2[0], COLUMNS, chosen[0], HIDDEN, inputs[0], COLUMNS, 3, up4(k2), COLUMNS);
    }

    // The output, on the grid and on the training rows.
    for (int c = 0; c < COLUMNS; c++) output[c] = b3[0];
    for (int i = 0; i < ins; i++) {
        to_output[i] = dot(weights[i], w3_straight, HIDDEN);
        for (int c = 0; c < COLUMNS; c++) output[c] += to_output[i] * inputs[i][c];
    }
    for (int l = 0; l < k2; l++) {
        const double *z = k ? Z2[bent2[l]] : Z2[l];
        pair w = both(W3[bent2[l]]);
        for (int c = 0; c < COLUMNS; c += 2) {
            pair s = slope_at(load(z + c), slope);
            *(pair *)(output + c) += w * (s * load(z + c));
            if (c < TRAINING) *(pair *)(dZ2[l] + c) = s;
        }
    }
    for (int c = TRAINING; c < COLUMNS; c++) surface[c - TRAINING] = output[c];
    double total = 0;
    for (int c = 0; c < TRAINING; c++) {
        residual[c] = output[c] - targets[c];
        total += residual[c];
    }
    record[0] = dot(residual, residual, TRAINING) / TRAINING;
    record[1] = top[0];
    for (int h = 1; h < HIDDEN; h++) record[1] = top[h] > record[1] ? top[h] : record[1];
    record[2] = alive;

    // Back to the weights of layer 2. dZ2 lacks its factor W3; its last row serves the straight.
    for (int c = 0; c < TRAINING; c++) dZ2[k2][c] = residual[c] * (2.0 / TRAINING);
    for (int l = 0; l < k2; l++)
        for (int c = 0; c < TRAINING; c++) dZ2[l][c] *= dZ2[k2][c];
    clear(dZ2[outs], (outs4 - outs) * TRAINING);
    correlate(products[0], HIDDEN + 4, inputs[0], COLUMNS, ins4, dZ2[0], TRAINING, outs4);
    clear(dW3, HIDDEN);
    for (int i = 0; i < ins; i++) {
        for (int h = 0; h < HIDDEN; h++) {
            dW3[h] += straight2[h] * weights[i][h] * products[i][k2];
            d_weights[i][h] = products[i][k2] * w3_straight[h];
        }
        for (int l = 0; l < k2; l++) {
            dW3[bent2[l]] += weights[i][bent2[l]] * products[i][l];
            d_weights[i][bent2[l]] = products[i][l] * W3[bent2[l]];
        }
    }
    double *fold = d_weights[k];
    for (int j = 0; j < width; j++) {
        pair f0 = both(straight[j] * layer1[0][j]), f1 = both(straight[j] * layer1[1][j]);
        pair f2 = both(straight[j] * layer1[2][j]), s0 = both(0), s1 = both(0), s2 = both(0);
        for (int h = 0; h < HIDDEN; h += 2) {
            pair g0 = load(fold + h), g1 = load(fold + HIDDEN + h), g2 = load(fold + 2 * HIDDEN + h);
            *(pair *)(dW2[j] + h) = f0 * g0 + f1 * g1 + f2 * g2;
            pair w = load(W2[j] + h);
            s0 += g0 * w;
            s1 += g1 * w;
            s2 += g2 * w;
        }
        d_layer1[0][j] = straight[j] * (s0[0] + s0[1]);
        d_layer1[1][j] = straight[j] * (s1[0] + s1[1]);
        d_layer1[2][j] = straight[j] * (s2[0] + s2[1]);
    }
    for (int i = 0; i < k; i++)
        for (int h = 0; h < HIDDEN; h++) dW2[bent[i]][h] = d_weights[i][h];

    // Back to the weights of layer 1.
    int k4 = up4(k);
    for (int i = 0; i < k4; i++) {
        for (int l = 0; l < k2; l++) back[l][i] = i < k ? weights[i][bent2[l]] * W3[bent2[l]] : 0;
        back[k2][i] = i < k ? to_output[i] : 0;
    }
    combine(dZ1[0], TRAINING, back[0], WIDTH + 8, dZ2[0], TRAINING, outs, k4, TRAINING);
    for (int i = 0; i < k; i++) {
        for (int c = 0; c < TRAINING; c++) dZ1[i][c] *= slopes1[i][c];
        for (int l = 0; l < 3; l++) d_layer1[l][bent[i]] = dot(columns[l], dZ1[i], TRAINING);
    }

    double n1 = 0, n2 = 0, n3 = 0;
    for (int j = 0; j < width; j++) {
        n1 += d_layer1[0][j] * d_layer1[0][j] + d_layer1[1][j] * d_layer1[1][j];
        n2 += dot(dW2[j], dW2[j], HIDDEN);
    }
    n3 = dot(dW3, dW3, HIDDEN);
    record[3] = __builtin_sqrt(n1);
    record[4] = __builtin_sqrt(n2);
    record[5] = __builtin_sqrt(n3);

    for (int j = 0; j < width; j++) {
        for (int l = 0; l < 3; l++) layer1[l][j] -= rate * d_layer1[l][j];
        for (int h = 0; h < HIDDEN; h++) W2[j][h] -= rate * dW2[j][h];
    }
    for (int h = 0; h < HIDDEN; h++) {
        b2[h] -= rate * fold[2 * HIDDEN + h];
        W3[h] -= rate * dW3[h];
    }
    b3[0] -= rate * 2.0 / TRAINING * total;
}

// The product of the Hessian of the loss with a vector, exact: the derivative of the gradient along
// the vector (Pearlmutter 1994), here without folding. A prefix v_ marks the vector, h_ the product.
static double v_layer1[3][WIDTH], v_W2[WIDTH][HIDDEN], v_b2[HIDDEN], v_W3[HIDDEN], v_b3[1];
static double h_layer1[3][WIDTH], h_W2[WIDTH + 4][HIDDEN], h_b2[HIDDEN], h_W3[HIDDEN], h_b3[1];

EXPORT(v_layer1) EXPORT(v_W2) EXPORT(v_b2) EXPORT(v_W3) EXPORT(v_b3)
EXPORT(h_layer1) EXPORT(h_W2) EXPORT(h_b2) EXPORT(h_W3) EXPORT(h_b3)

static double A1[WIDTH + 4][TRAINING], RA1[WIDTH + 4][TRAINING], sum1[WIDTH + 4][TRAINING];
static double A2[HIDDEN][TRAINING], RA2[HIDDEN][TRAINING], more[HIDDEN][TRAINING];
static double D2[HIDDEN][TRAINING], RD2[HIDDEN][TRAINING], turned[HIDDEN][WIDTH + 4];
static double correlation[WIDTH + 4][HIDDEN];

static void turn(double (*matrix)[HIDDEN], int width) {
    for (int h = 0; h < HIDDEN; h++) {
        for (int j = 0; j < width; j++) turned[h][j] = matrix[j][h];
        clear(turned[h] + width, up4(width) - width);
    }
}

__attribute__((export_name("hessian"))) void hessian(int width, double slope) {
    static double E[TRAINING], RE[TRAINING];
    int width4 = up4(width);
    clear(A1[width], (width4 - width) * TRAINING);
    clear(RA1[width], (width4 - width) * TRAINING);

    // Forward: activations and, with R, their derivatives along v.
    for (int j = 0; j < width; j++)
        for (int c = 0; c < TRAINING; c++) {
            double z = layer1[2][j], rz = v_layer1[2][j];
            for (int i = 0; i < 2; i++) {
                z += layer1[i][j] * columns[i][c];
                rz += v_layer1[i][j] * columns[i][c];
            }
            double s = z > 0 ? 1 : slope;
            slopes1[j][c] = s;
            A1[j][c] = s * z;
            RA1[j][c] = s * rz;
        }
    combine(A2[0], TRAINING, W2[0], HIDDEN, A1[0], TRAINING, width, HIDDEN, TRAINING);
    combine(RA2[0], TRAINING, W2[0], HIDDEN, RA1[0], TRAINING, width, HIDDEN, TRAINING);
    combine(more[0], TRAINING, v_W2[0], HIDDEN, A1[0], TRAINING, width, HIDDEN, TRAINING);
    for (int c = 0; c < TRAINING; c++) {
        double output = b3[0], r_output = v_b3[0];
        for (int h = 0; h < HIDDEN; h++) {
            double z = A2[h][c] + b2[h], s = z > 0 ? 1 : slope;
            A2[h][c] = s * z;
            RA2[h][c] = s * (RA2[h][c] + more[h][c] + v_b2[h]);
            more[h][c] = s;
            output += W3[h] * A2[h][c];
            r_output += W3[h] * RA2[h][c] + v_W3[h] * A2[h][c];
        }
        E[c] = 2.0 / TRAINING * (output - targets[c]);
        RE[c] = 2.0 / TRAINING * r_output;
    }

    // Backward: errors and their derivatives along v.
    h_b3[0] = 0;
    for (int c = 0; c < TRAINING; c++) h_b3[0] += RE[c];
    for (int h = 0; h < HIDDEN; h++) {
        h_W3[h] = dot(RA2[h], E, TRAINING) + dot(A2[h], RE, TRAINING);
        h_b2[h] = 0;
        for (int c = 0; c < TRAINING; c++) {
            D2[h][c] = more[h][c] * W3[h] * E[c];
            RD2[h][c] = more[h][c] * (W3[h] * RE[c] + v_W3[h] * E[c]);
            h_b2[h] += RD2[h][c];
        }
    }
    correlate(h_W2[0], HIDDEN, RA1[0], TRAINING, width4, D2[0], TRAINING, HIDDEN);
    correlate(correlation[0], HIDDEN, A1[0], TRAINING, width4, RD2[0], TRAINING, HIDDEN);
    turn(W2, width);
    combine(sum1[0], TRAINING, turned[0], WIDTH + 4, RD2[0], TRAINING, HIDDEN, width4, TRAINING);
    turn(v_W2, width);
    combine(dZ1[0], TRAINING, turned[0], WIDTH + 4, D2[0], TRAINING, HIDDEN, width4, TRAINING);
    for (int j = 0; j < width; j++) {
        for (int h = 0; h < HIDDEN; h++) h_W2[j][h] += correlation[j][h];
        for (int c = 0; c < TRAINING; c++) dZ1[j][c] = slopes1[j][c] * (dZ1[j][c] + sum1[j][c]);
        for (int i = 0; i < 3; i++) h_layer1[i][j] = dot(columns[i], dZ1[j], TRAINING);
    }
}

// The network [2, width, 1, 1]: one layer-2 neuron that stands for all 64; layer1 is shared with the
// large network. Every sum has a fixed order, that of fma/small.py, so that both get the same bits:
// over neurons one after the other, over rows as NumPy adds along an array.
static double small_W2[WIDTH], small_rest[3];  // b2, W3, b3
static double ending[4];  // cost, largest Z2, W3 and mean error at the last epoch

EXPORT(small_W2) EXPORT(small_rest) EXPORT(ending)

// Σ_c x_c y_c over the training rows: eight sums side by side within each block, the blocks in pairs.
static double paired(const double *x, const double *y) {
    static const int ends[] = {0, 80, 168, 256, 344, 432, 520, 608, TRAINING};
    double total[8];
    for (int i = 0; i < 8; i++) {
        pair sum[4] = {{0}};
        int c = ends[i];
        for (; c + 8 <= ends[i + 1]; c += 8)
            for (int l = 0; l < 4; l++) sum[l] += load(x + c + 2 * l) * load(y + c + 2 * l);
        double two[4];
        for (int l = 0; l < 4; l++) two[l] = sum[l][0] + sum[l][1];
        total[i] = (two[0] + two[1]) + (two[2] + two[3]);
        for (; c < ends[i + 1]; c++) total[i] += x[c] * y[c];
    }
    for (int n = 8; n > 1; n /= 2)
        for (int i = 0; i < n; i += 2) total[i / 2] = total[i] + total[i + 1];
    return total[0];
}

// Train for so many epochs; `ending` is as before the last update. Returns the epochs that it took.
__attribute__((export_name("small_run"))) int small_run(int width, double slope, double rate, int epochs) {
    static double z[TRAINING], a2[TRAINING], error[TRAINING], d[TRAINING], back2[TRAINING], t[TRAINING];
    static double straight[WIDTH];
    static int bent[WIDTH];
    const double *m = columns[0], *a = columns[1], *one = columns[2];
    for (int epoch = 1; epoch <= epochs; epoch++) {
        double u[3] = {0, 0, 0};
        int k = 0;
        for (int j = 0; j < width; j++) {
            double p = layer1[0][j], s = layer1[1][j], b = layer1[2][j];
            double low = b + (p > 0 ? p : 10 * p) + (s > 0 ? s : 10 * s);
            double high = b + (p > 0 ? 10 * p : p) + (s > 0 ? 10 * s : s);
            int is_bent = !(low > 0) && !(high <= 0);
            if (is_bent) bent[k++] = j;
            straight[j] = is_bent ? 0 : low > 0 ? 1 : slope;
            for (int i = 0; i < 3; i++) u[i] += straight[j] * small_W2[j] * layer1[i][j];
        }
        u[2] += small_rest[0];
        for (int c = 0; c < TRAINING; c += 2)
            *(pair *)(z + c) = both(u[0]) * load(m + c) + both(u[1]) * load(a + c) + both(u[2]);
        for (int l = 0; l < k; l++) {
            int j = bent[l];
            pair p = both(layer1[0][j]), s = both(layer1[1][j]), b = both(layer1[2][j]), w = both(small_W2[j]);
            for (int c = 0; c < TRAINING; c += 2) {
                pair z1 = p * load(m + c) + s * load(a + c) + b;
                *(pair *)(slopes1[l] + c) = slope_at(z1, slope);
                *(pair *)(A1[l] + c) = load(slopes1[l] + c) * z1;
                *(pair *)(z + c) += w * load(A1[l] + c);
            }
        }
        double W3 = small_rest[1], low, high;
        for (int c = 0; c < TRAINING; c += 2) {
            pair s = slope_at(load(z + c), slope);
            *(pair *)(a2 + c) = s * load(z + c);
            *(pair *)(error + c) = both(W3) * load(a2 + c) + both(small_rest[2]) - load(targets + c);
            *(pair *)(d + c) = load(error + c) * both(2.0 / TRAINING);
            *(pair *)(back2 + c) = load(d + c) * s;
        }
        extent(z, TRAINING, &low, &high);
        ending[0] = paired(error, error) / TRAINING;
        ending[1] = high;
        ending[2] = W3;
        ending[3] = paired(error, one) / TRAINING;
        if (!(ending[0] < __builtin_inf())) return epoch;
        double P[3] = {paired(back2, m), paired(back2, a), paired(back2, one)};
        for (int l = 0; l < k; l++) {
            int j = bent[l];
            double g = paired(back2, A1[l]), factor = small_W2[j] * W3;
            for (int c = 0; c < TRAINING; c += 2)
                *(pair *)(t + c) = load(back2 + c) * load(slopes1[l] + c);
            small_W2[j] -= rate * (W3 * g);
            for (int i = 0; i < 3; i++) layer1[i][j] -= rate * (factor * paired(t, columns[i]));
        }
        for (int j = 0; j < width; j++) {
            double factor = straight[j] * small_W2[j] * W3;
            double g = layer1[0][j] * P[0] + layer1[1][j] * P[1] + layer1[2][j] * P[2];
            small_W2[j] -= rate * (straight[j] * g * W3);
            for (int i = 0; i < 3; i++) layer1[i][j] -= rate * (factor * P[i]);
        }
        small_rest[0] -= rate * (W3 * P[2]);
        small_rest[1] -= rate * paired(d, a2);
        small_rest[2] -= rate * (2.0 * ending[3]);
    }
    return epochs;
}

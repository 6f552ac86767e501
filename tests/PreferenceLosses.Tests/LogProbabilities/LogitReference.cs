namespace PreferenceLosses.Tests.LogProbabilities;

/// <summary>
/// Softmax, log-probability, entropy and Σ p² of one row in double precision, by definition and with the maximum looked for first; and how far the
/// library may be from it.
/// </summary>
/// <remarks>
/// Single precision rounds d = z − m to |d|·2⁻²⁴, so that e^d is off by that and by 1.2 ulp of its own, and the sums of a block's exponentials per lane round too.
/// The unit of everything made of Σ e^d is therefore 2⁻²⁴·(1 + Σ p·|d|), and <see cref="Units"/> of them are allowed.
/// </remarks>
internal sealed class LogitReference
{
    /// <summary>The largest error that the tests met is between 3 and 4.</summary>
    public const double Units = 5;

    private const double Unit = 1.0 / (1 << 24);

    private readonly double[] fall;
    private readonly double[] probabilities;
    private readonly double slope;

    public LogitReference(ReadOnlySpan<double> logits, int label)
    {
        var maximum = double.NegativeInfinity;
        foreach (var z in logits)
        {
            maximum = Math.Max(maximum, z);
        }

        fall = new double[logits.Length];
        probabilities = new double[logits.Length];
        double sum = 0, moments = 0, squares = 0;
        for (var j = 0; j < fall.Length; j++)
        {
            fall[j] = logits[j] - maximum;
            sum += Math.Exp(fall[j]);
        }

        var logSum = Math.Log(sum);
        for (var j = 0; j < fall.Length; j++)
        {
            probabilities[j] = Math.Exp(fall[j] - logSum);
            moments += probabilities[j] == 0 ? 0 : probabilities[j] * (fall[j] - logSum);
            slope += probabilities[j] == 0 ? 0 : probabilities[j] * -fall[j];
            squares += probabilities[j] * probabilities[j];
        }

        Label = label;
        LogProbability = fall[label] - logSum;
        Entropy = -moments;
        LogSquares = Math.Log(squares);
    }

    public int Label { get; }

    public double LogProbability { get; }

    public double Entropy { get; }

    public double LogSquares { get; }

    /// <summary>How far a log-probability may be off.</summary>
    public double Tolerance => Units * Unit * (1 + slope);

    /// <summary>How far an entropy may be off: it has another sum, of p·|d|.</summary>
    public double EntropyTolerance => 2 * Tolerance * (1 + slope);

    /// <summary>upstream · (onehot − p).</summary>
    public double Gradient(int token, double upstream) => upstream * ((token == Label ? 1 : 0) - probabilities[token]);

    /// <summary>How far a gradient may be off: p by the error of the sum, by that of its own exponential and by rounding the scale; below e^(−87.6) it is 0; and the result is rounded to the format.</summary>
    public double GradientTolerance(int token, double upstream, LogitBatch format)
    {
        var p = probabilities[token];
        var ownFall = p == 0 ? 0 : -fall[token];
        return (Math.Abs(upstream) * ((p * (Tolerance + (Unit * (4 + ownFall)))) + 1e-38))
            + (1.01 * format.HalfUlp * Math.Abs(Gradient(token, upstream))) + format.HalfOfSmallest;
    }
}

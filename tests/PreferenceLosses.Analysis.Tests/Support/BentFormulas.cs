using FsCheck;
using FsCheck.Fluent;
using PreferenceLosses.Expressions;
using PreferenceLosses.Tests.Support;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Analysis.Tests.Support;

/// <summary>
/// Small random formulas of operations that the rules for curvature and direction know, so that many are proven to be something; and of
/// near misses. They stay within a few powers of ten on inputs of a few units.
/// </summary>
internal static class BentFormulas
{
    private static readonly double[] Numbers = [-2, -1, -0.5, 0, 0.25, 1, 3];

    private static readonly double[] Exponents = [-1.5, -1, 0, 0.5, 1, 1.5, 2, 3, 4];

    public static Arbitrary<Expr> All { get; } = Arb.From(
        from seed in Gen.Choose(0, int.MaxValue)
        from size in Gen.Choose(2, 9)
        select Formula(new System.Random(seed), size),
        formula => formula.Operands.Where(o => o.Shape == Shape.Row));

    private static Expr Formula(System.Random random, int size)
    {
        Expr Part(int less = 1) => Formula(random, size - less);
        Expr Half() => Formula(random, size / 2);
        double Number() => Numbers[random.Next(Numbers.Length)];
        if (size <= 1)
        {
            return random.Next(5) switch
            {
                0 => Broadcast(Number(), Shape.Row),
                1 or 2 => OperationSamples.Operand('a', Shape.Row),
                3 => OperationSamples.Operand('b', Shape.Row),
                _ => Sum(OperationSamples.Operand('a', Shape.Responses), Axis.Responses),
            };
        }

        return random.Next(36) switch
        {
            0 => -Part(),
            1 => Abs(Part()),
            2 => Relu(Part()),
            3 or 4 => Softplus(Part()),
            5 => LogSigmoid(Part()),
            6 => Exp(Minimum(Part(), 2)),
            7 => Sigmoid(Part()),
            8 => Sigmoid(Softplus(Part(2))),
            9 => Tanh(-Softplus(Part(2))),
            10 => Square(Part()),
            11 => Square(Softplus(Part(2))),
            12 => Log(0.1 + Softplus(Part(2))),
            13 => Power(0.1 + Softplus(Part(2)), Exponents[random.Next(Exponents.Length)]),
            14 => Log1mExp(-(0.1 + Softplus(Part(2)))),
            15 => Number() / (0.5 + Softplus(Part(2))),
            16 => Sqrt(0.1 + Softplus(Part(2))),
            17 => Atan(Softplus(Part(2))),
            18 => Erfc(Part()),
            19 or 20 => Half() + Half(),
            21 => Twins(Half(), Number(), Number()),
            22 => Half() - Half(),
            23 => Maximum(Half(), Half()),
            24 => Minimum(Half(), Half()),
            25 => LogAddExp(Half(), Half()),
            26 or 27 => Number() * Part(),
            28 => Half() * Half(),
            29 => Softplus(Half()) * Softplus(Half()),
            30 => Where(OperationSamples.Operand('b', Shape.Row) > Number(), Half(), Half()),
            31 => random.Next(2) == 0 ? Clamp(Part(), Number(), double.PositiveInfinity) : Clamp(Part(), double.NegativeInfinity, Number()),
            32 => random.Next(2) == 0 ? Mean(Part()) + Half() : Half() - Max(Part()),
            33 => random.Next(2) == 0 ? Variance(Half()) + Half() : StandardDeviation(Half(), correction: 0) + Half(),
            34 => LogSumExp(Half()) + Half(),
            _ => Half() * (Half() < Number()),
        };
    }

    /// <summary>The same function of u and of −u, weighted: their difference is u.</summary>
    private static Expr Twins(Expr u, double weight, double other) =>
        (weight * Softplus(u)) + (other * Softplus(-u)) - (weight * LogSigmoid(u)) + (other * Relu(u)) - Relu(-u);
}

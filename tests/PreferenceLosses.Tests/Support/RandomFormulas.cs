using FsCheck;
using FsCheck.Fluent;
using PreferenceLosses.Expressions;
using static PreferenceLosses.Expressions.Formulas;

namespace PreferenceLosses.Tests.Support;

/// <summary>Random formulas of any shape over the inputs of <see cref="OperationSamples"/>, with sharing; they shrink to their own parts.</summary>
/// <param name="isTame">
/// Whether every part stays in its domain and within a few powers of ten on inputs of that size, so that differences can be
/// taken (so nothing is hidden from the gradient either); if not, anything goes.
/// </param>
internal sealed class RandomFormulas(bool isTame)
{
    private static readonly Operation[] AnyUnary =
    [
        Operation.Negate, Operation.Abs, Operation.Sign, Operation.Relu, Operation.Sqrt, Operation.Exp, Operation.Expm1, Operation.Log,
        Operation.Log1p, Operation.Log1mExp, Operation.Sigmoid, Operation.LogSigmoid, Operation.Softplus, Operation.Tanh, Operation.Sin,
        Operation.Cos, Operation.Atan, Operation.Erf, Operation.Erfc, Operation.ExpMinusAbs, Operation.RoundToSingle,
    ];

    private static readonly Operation[] TameUnary =
    [
        Operation.Negate, Operation.Abs, Operation.Sign, Operation.Relu, Operation.Sigmoid, Operation.LogSigmoid, Operation.Softplus,
        Operation.Tanh, Operation.Sin, Operation.Cos, Operation.Atan, Operation.Erf, Operation.Erfc,
    ];

    private static readonly Operation[] Binary =
    [
        Operation.Add, Operation.Subtract, Operation.Multiply, Operation.Minimum, Operation.Maximum, Operation.LogAddExp, Operation.Less,
        Operation.LessOrEqual, Operation.Equal,
    ];

    /// <summary>The numbers that simplification has rules for, and some that it has none for.</summary>
    private static readonly double[] Numbers = [0, 1, -1, 2, -0.0, 0.5, -3, 1e-3];

    private static readonly Parameter Parameter = new("parameter", "p", 0.5, Bounds.Finite);

    /// <summary>Formulas of a shape.</summary>
    public Arbitrary<Expr> Of(Shape shape) => Arb.From(Gen.Sized(size => Formula(shape, Math.Min(size, 40))), Parts);

    private static IEnumerable<Expr> Parts(Expr formula) => formula.Operands.Where(o => o.Shape == formula.Shape);

    /// <summary>Lazy: the generators of the parts are made when a formula is, or their number would be exponential.</summary>
    private Gen<Expr> Formula(Shape shape, int size) => Gen.Choose(0, 15).SelectMany(kind => kind switch
    {
        _ when size <= 1 => Leaf(shape),
        0 => Leaf(shape),
        < 5 => OneOperand(shape, size),
        < 11 => TwoOperands(shape, size),
        < 13 => ThreeOperands(shape, size),
        _ => AlongAnAxis(shape, size),
    });

    private static Gen<Expr> Leaf(Shape shape)
    {
        var input = Gen.Elements('a', 'b').Select(name => OperationSamples.Operand(name, shape));
        return shape switch
        {
            Shape.Scalar => Gen.OneOf(input, Gen.Elements(Numbers).Select(Constant), Gen.Constant<Expr>(Parameter), Gen.Constant(BatchSize)),
            Shape.Row => Gen.Frequency((6, input), (1, Gen.Constant(RowIndex)), (1, Gen.Constant(ResponseCount))),
            _ => Gen.Frequency((6, input), (1, Gen.Constant(ResponseIndex))),
        };
    }

    private Gen<Expr> OneOperand(Shape shape, int size)
    {
        var x = Formula(shape, size - 1);
        var plain = Gen.Elements(isTame ? TameUnary : AnyUnary).SelectMany(_ => x, (operation, a) => Elementwise(operation, a));
        var wrapped = Gen.OneOf(
            x.Select(a => Named("named", a)),
            x.Select(a => isTame ? a : StopGradient(a)),
            shape == Shape.Scalar ? x : Formula(shape - 1, size - 1).Select(a => Broadcast(a, shape)));

        // The same in their domains: logarithms and roots of positive numbers, exponentials of small ones.
        var held = Gen.OneOf(
            x.Select(a => Log(1 + Square(a))),
            x.Select(a => Log1p(Softplus(a))),
            x.Select(a => Sqrt(1 + Square(a))),
            x.Select(a => Exp(Tanh(a))),
            x.Select(a => Expm1(Sin(a))),
            x.Select(a => Log1mExp(-(0.1 + Softplus(a)))));
        return Gen.Frequency((4, plain), (2, wrapped), (isTame ? 3 : 0, held));
    }

    private Gen<Expr> TwoOperands(Shape shape, int size)
    {
        var pairs = Gen.Elements(Enum.GetValues<Shape>().Where(s => s <= shape).ToArray())
            .SelectMany(smaller => Formula(smaller, size / 2), (_, b) => b)
            .SelectMany(_ => Formula(shape, size / 2), (b, a) => (A: a, B: b));
        var operations = Gen.Elements(Binary);
        return Gen.Frequency(
            (4, operations.SelectMany(_ => pairs, (operation, p) => Elementwise(operation, p.A, p.B))),
            (4, operations.SelectMany(_ => pairs, (operation, p) => Elementwise(operation, p.B, p.A))),
            (1, operations.SelectMany(_ => Formula(shape, size - 1), (operation, a) => Elementwise(operation, a, a))),
            (2, pairs.Select(p => p.A / NotZero(p.B))),
            (1, pairs.Select(p => Power(isTame ? 0.5 + Softplus(p.A) : NotZero(p.A), isTame ? Tanh(p.B) : p.B))),
            (1, Formula(shape, size - 1).SelectMany(_ => Gen.Elements(1, 2), (a, exponent) => Power(a, exponent))));
    }

    private Gen<Expr> ThreeOperands(Shape shape, int size)
    {
        var x = Formula(shape, size / 3);
        return x.SelectMany(_ => x, (a, b) => (a, b)).SelectMany(_ => x, (p, c) => (p.a, p.b, c)).SelectMany(_ => Gen.Elements(0, 1, 2), (p, kind) => kind switch
        {
            0 => Where(p.a < p.b, p.b, p.c),
            1 => Where(p.a, p.b, p.c),
            _ => Clamp(p.a, p.b, p.c),
        });
    }

    private Gen<Expr> AlongAnAxis(Shape shape, int size)
    {
        var batch = Formula(Shape.Row, size - 1);
        var responses = Formula(Shape.Responses, size - 1);
        return shape switch
        {
            Shape.Scalar => Reduction(batch, Axis.Batch),
            Shape.Row => Gen.OneOf(Reduction(responses, Axis.Responses), SortOrScan(batch, Axis.Batch)),
            _ => SortOrScan(responses, Axis.Responses),
        };
    }

    private static Gen<Expr> Reduction(Gen<Expr> x, Axis axis) => x.SelectMany(_ => Gen.Choose(0, 7), (a, kind) => kind switch
    {
        0 => Sum(a, axis),
        1 => Mean(a, axis),
        2 => Variance(a, axis),
        3 => StandardDeviation(a, axis, correction: 0),
        4 => Min(a, axis),
        5 => Max(a, axis),
        6 => LogSumExp(a, axis),
        _ => Quantile(a, 0.3, axis),
    });

    private static Gen<Expr> SortOrScan(Gen<Expr> x, Axis axis) =>
        x.SelectMany(_ => x, (a, key) => (a, key)).SelectMany(_ => Gen.Choose(0, 6), (p, kind) => kind switch
        {
            0 => Sort(p.a, axis),
            1 => SortBy(p.a, p.key, axis),
            2 => UnsortBy(p.a, p.key, axis),
            3 => CumulativeSum(p.a, axis),
            4 => CumulativeSum(p.a, axis, reverse: true),
            5 => CumulativeLogSumExp(p.a, axis),
            _ => CumulativeLogSumExp(p.a, axis, reverse: true),
        });

    /// <summary>
    /// Dividing by 0 shows the sign of a zero, which simplification does not keep. The tame form has no kink.
    /// </summary>
    private Expr NotZero(Expr x) => isTame ? 1 + Square(x) : Where(EqualTo(x, 0), 3, x);
}

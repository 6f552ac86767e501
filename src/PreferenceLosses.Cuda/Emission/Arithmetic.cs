using PreferenceLosses.Expressions;

namespace PreferenceLosses.Cuda.Emission;

/// <summary>
/// The elementwise operations as instructions of one precision. Every instruction is one that IEEE 754 defines, with its rounding written
/// out, so the driver's compiler may not merge a product and a sum, and a device gives the digits that the tests see without one.
/// </summary>
/// <remarks>
/// No approximate instruction is used. e^x and logarithms are those of the CPU path, polynomial for polynomial, with its errors: in
/// single precision at most 1 ulp for e^x, 2 for e^x − 1 and logarithms, 3 for what is made of two of them. Powers, sine, cosine, arc
/// tangent and error functions are computed in double precision (<see cref="SpecialFunctions"/>) and rounded.
/// </remarks>
internal sealed class Arithmetic(PtxWriter writer, bool isDouble)
{
    private const double Ln2 = 0.693147180559945309417;

    /// <summary>What ln 2 is more than its double.</summary>
    private const double Ln2Rest = 2.31904681384629956e-17;

    private const double Ln2HighSingle = 0.693145752f;
    private const double Ln2LowSingle = 1.42860677e-6f;
    private const double Ln2HighDouble = 6.93147180369123816490e-01;
    private const double Ln2LowDouble = 1.90821492927058770002e-10;

    private readonly string type = isDouble ? "f64" : "f32";
    private readonly Register register = isDouble ? Register.Double : Register.Single;

    private int MantissaBits => isDouble ? 52 : 23;

    private double IntegersFrom => isDouble ? 4503599627370496 : 8388608;

    /// <summary>A constant of this precision.</summary>
    public string Constant(double value) => isDouble ? PtxWriter.Double(value) : PtxWriter.Single(value);

    /// <summary>The operation on operands of this precision; operands it does not have are not looked at.</summary>
    public string Evaluate(Operation operation, string a, string b, string c) => operation switch
    {
        Operation.Broadcast => a,
        Operation.Negate => Negate(a),
        Operation.Abs => Abs(a),
        Operation.Sign => Subtract(Select(Less(Zero, a), One, Zero), Select(Less(a, Zero), One, Zero)),
        Operation.Relu => Maximum(a, Zero),
        Operation.Sqrt => Op($"sqrt.rn.{type}", Held(a)),
        Operation.Exp => Exp(a),
        Operation.Expm1 => Expm1(a),
        Operation.Log => Log(a),
        Operation.Log1p => Log1p(a),
        Operation.Log1mExp => Select(Less(Constant(-Ln2), a), Log(Negate(Expm1(a))), Log1p(Negate(Exp(a)))),
        Operation.Tanh => Tanh(a),
        Operation.ExpMinusAbs => Exp(Negate(Abs(a))),
        Operation.Log1pOfUnit => isDouble ? Log1pOfUnitOfDouble(a) : Multiply(a, SlopeOfLogarithmOfSingle(a)),
        Operation.ExpTimes => ExpTimes(a, b),
        Operation.ExpOfRest => ExpOfRest(a),
        Operation.ExpTimesOfRest => ExpTimesOfRest(a, b, c),
        Operation.RoundToSingle => isDouble ? ToDouble(writer.Op(Register.Single, "cvt.rn.f32.f64", Held(a))) : a,

        Operation.Add => Add(a, b),
        Operation.Subtract => Subtract(a, b),
        Operation.Multiply => Multiply(a, b),
        Operation.Divide => Divide(a, b),
        Operation.Minimum => Minimum(a, b),
        Operation.Maximum => Maximum(a, b),
        Operation.Less => Select(Less(a, b), One, Zero),
        Operation.LessOrEqual => Select(Compare("le", a, b), One, Zero),
        Operation.Equal => Select(Equal(a, b), One, Zero),
        Operation.SigmoidFromExp => Select(Less(a, Zero), Multiply(b, c), c),
        Operation.Select => Select(Equal(a, Zero), c, b),
        Operation.Clamp => Minimum(Maximum(a, b), c),

        Operation.Sin or Operation.Cos or Operation.Atan or Operation.Erf or Operation.Erfc or Operation.Power => InDouble(operation, a, b),
        _ => throw new InvalidOperationException($"{operation} is not an elementwise operation of a program."),
    };

    public string Zero => Constant(0);

    public string One => Constant(1);

    public string Add(string a, string b) => IsConstant(a) ? Op($"add.rn.{type}", Held(b), a) : Op($"add.rn.{type}", a, b);

    public string Subtract(string a, string b) => Op($"sub.rn.{type}", Held(a), b);

    public string Multiply(string a, string b) => IsConstant(a) ? Op($"mul.rn.{type}", Held(b), a) : Op($"mul.rn.{type}", a, b);

    public string Divide(string a, string b) => Op($"div.rn.{type}", Held(a), b);

    /// <summary>a · b + c, rounded once.</summary>
    public string FusedMultiplyAdd(string a, string b, string c) => Op($"fma.rn.{type}", Held(a), b, c);

    public string Negate(string a) => Op($"neg.{type}", Held(a));

    public string Abs(string a) => Op($"abs.{type}", Held(a));

    /// <summary>NaN if either is NaN.</summary>
    public string Minimum(string a, string b) => Extreme("min", a, b);

    /// <summary>NaN if either is NaN.</summary>
    public string Maximum(string a, string b) => Extreme("max", a, b);

    public string Less(string a, string b) => Compare("lt", a, b);

    public string Equal(string a, string b) => Compare("eq", a, b);

    public string Compare(string comparison, string a, string b) => writer.Op(Register.Predicate, $"setp.{comparison}.{type}", Held(a), b);

    public string Select(string predicate, string then, string otherwise) => Op($"selp.{type}", then, otherwise, predicate);

    /// <summary>e^x = 2ⁿ·(1 + r + p·r²).</summary>
    public string Exp(string x)
    {
        var (n, r, p) = Reduce(x);
        var (low, high) = PowersOfTwo(n);
        return Multiply(Multiply(OnePlus(r, p), low), high);
    }

    /// <summary>ln x = k·ln 2 + ln m with x = 2ᵏ·m and m in [√½, √2).</summary>
    public string Log(string x)
    {
        x = Held(x);

        // Subnormal numbers are scaled to normal ones first.
        var isTiny = Less(x, Constant(isDouble ? 2.2250738585072014e-308 : 1.17549435e-38f));
        var scaled = Select(isTiny, Multiply(x, Constant(IntegersFrom)), x);
        string k, m;
        if (isDouble)
        {
            const string RootOfHalf = "4604544271217802189";
            var above = writer.Op(Register.Long, "sub.s64", writer.Op(Register.Long, "mov.b64", scaled), RootOfHalf);
            k = writer.Op(Register.Double, "cvt.rn.f64.s64", writer.Op(Register.Long, "shr.s64", above, "52"));
            var digits = writer.Op(Register.Long, "and.b64", above, "4503599627370495");
            m = writer.Op(Register.Double, "mov.b64", writer.Op(Register.Long, "add.s64", digits, RootOfHalf));
        }
        else
        {
            const string RootOfHalf = "1060439283";
            var above = writer.Op(Register.Int, "sub.s32", writer.Op(Register.Int, "mov.b32", scaled), RootOfHalf);
            k = writer.Op(Register.Single, "cvt.rn.f32.s32", writer.Op(Register.Int, "shr.s32", above, "23"));
            var digits = writer.Op(Register.Int, "and.b32", above, "8388607");
            m = writer.Op(Register.Single, "mov.b32", writer.Op(Register.Int, "add.s32", digits, RootOfHalf));
        }

        k = Subtract(k, Select(isTiny, Constant(MantissaBits), Zero));
        var log = LogOf1Plus(Subtract(m, One));
        log = FusedMultiplyAdd(k, Constant(isDouble ? Ln2HighDouble : Ln2HighSingle), FusedMultiplyAdd(k, Constant(isDouble ? Ln2LowDouble : Ln2LowSingle), log));

        // −∞ of 0, ∞ of ∞, and NaN of negative numbers and of NaN.
        var special = Select(Equal(x, Zero), Constant(double.NegativeInfinity), Constant(double.NaN));
        special = Select(Equal(x, Constant(double.PositiveInfinity)), x, special);
        var isOrdinary = writer.Op(
            Register.Predicate, "and.pred", Compare("gt", x, Zero), Less(x, Constant(double.PositiveInfinity)));
        return Select(isOrdinary, log, special);
    }

    /// <summary>ln(1 + x): the logarithm of the rounded 1 + x, and what rounding it lost, divided by it.</summary>
    private string Log1p(string x)
    {
        var u = Add(x, One);
        var part = Subtract(u, x);
        var lost = Add(Subtract(x, Subtract(u, part)), Subtract(One, part));
        var log = Log(u);
        var isExact = writer.Op(Register.Predicate, "or.pred", Equal(lost, Zero), Equal(u, Constant(double.PositiveInfinity)));
        return Select(isExact, log, Add(log, Divide(lost, u)));
    }

    /// <summary>e^x · b, where e^x alone may overflow: with b between the factors of 2ⁿ no part does unless the result does.</summary>
    private string ExpTimes(string x, string b)
    {
        var (n, r, p) = Reduce(x);
        var (low, high) = PowersOfTwo(n);
        return Multiply(Multiply(Multiply(OnePlus(r, p), low), b), high);
    }

    private string ExpOfRest(string x)
    {
        var (_, r, p) = Reduce(x);
        return OnePlus(r, p);
    }

    private string ExpTimesOfRest(string x, string rest, string b)
    {
        var (low, high) = PowersOfTwo(SplitOff(x).N);
        return Multiply(Multiply(Multiply(rest, low), b), high);
    }

    /// <summary>e^x − 1, accurate near 0: 2ⁿ·(e^r − 1) + 2ⁿ − 1, which for n = 0 is e^r − 1 itself.</summary>
    private string Expm1(string x)
    {
        var (n, r, p) = Reduce(x);
        var (low, high) = PowersOfTwo(n);
        var less = FusedMultiplyAdd(Multiply(p, r), r, r);
        return Multiply(FusedMultiplyAdd(less, low, Subtract(low, Divide(One, high))), high);
    }

    /// <summary>tanh x = −t/(2 + t) with t = e^(−2|x|) − 1.</summary>
    private string Tanh(string x)
    {
        var magnitude = Abs(x);
        var t = Expm1(Negate(Add(magnitude, magnitude)));
        var tanh = Divide(Negate(t), Add(t, Constant(2)));
        return Select(Less(x, Zero), Negate(tanh), tanh);
    }

    /// <summary>e^x = 2ⁿ·e^r with |r| ≤ ln 2 / 2 and e^r = 1 + r + p·r².</summary>
    private (string N, string R, string P) Reduce(string x)
    {
        var (n, held) = SplitOff(x);
        var r = FusedMultiplyAdd(n, Constant(isDouble ? -Ln2 : -Ln2HighSingle), held);
        r = FusedMultiplyAdd(n, Constant(isDouble ? -Ln2Rest : -Ln2LowSingle), r);
        return (n, r, isDouble ? ExponentialSeriesOfDouble(r) : Horner(r, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5));
    }

    /// <summary>The integer next to x / ln 2, and x held where 2ⁿ has two factors.</summary>
    private (string N, string Held) SplitOff(string x)
    {
        // Beyond these e^x·b is ∞ for any normal b, or 0 for any b below 1e30.
        var held = Maximum(Minimum(x, Constant(isDouble ? 1418.5 : 176.4)), Constant(isDouble ? -1416 : -174));

        // Adding 1.5·2²³ or 1.5·2⁵² rounds to the nearest integer.
        var rounder = Constant(1.5 * IntegersFrom);
        return (Subtract(FusedMultiplyAdd(held, Constant(1 / Ln2), rounder), rounder), held);
    }

    private string OnePlus(string r, string p) => FusedMultiplyAdd(FusedMultiplyAdd(p, r, One), r, One);

    /// <summary>2ⁿ in two factors, which are finite and not 0 for every n that <see cref="Reduce"/> gives.</summary>
    private (string Low, string High) PowersOfTwo(string n)
    {
        var exponent = writer.Op(Register.Int, $"cvt.rzi.s32.{type}", n);
        var half = writer.Op(Register.Int, "shr.s32", exponent, "1");
        return (PowerOfTwo(half), PowerOfTwo(writer.Op(Register.Int, "sub.s32", exponent, half)));
    }

    private string PowerOfTwo(string exponent)
    {
        if (isDouble)
        {
            var wide = writer.Op(Register.Long, "cvt.s64.s32", writer.Op(Register.Int, "add.s32", exponent, "1023"));
            return writer.Op(Register.Double, "mov.b64", writer.Op(Register.Long, "shl.b64", wide, "52"));
        }

        var biased = writer.Op(Register.Int, "add.s32", exponent, "127");
        return writer.Op(Register.Single, "mov.b32", writer.Op(Register.Int, "shl.b32", biased, "23"));
    }

    /// <summary>½ + r/6 + … + r¹¹/13!, exact to 2e-18.</summary>
    private string ExponentialSeriesOfDouble(string r)
    {
        var square = Multiply(r, r);
        var fourth = Multiply(square, square);
        var first = Four(r, square, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120);
        var second = Four(r, square, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880);
        var third = Four(r, square, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800);
        return FusedMultiplyAdd(FusedMultiplyAdd(third, fourth, second), fourth, first);
    }

    /// <summary>a + b·x + c·x² + d·x³.</summary>
    private string Four(string x, string square, double a, double b, double c, double d) => FusedMultiplyAdd(
        FusedMultiplyAdd(Constant(d), x, Constant(c)), square, FusedMultiplyAdd(Constant(b), x, Constant(a)));

    /// <summary>
    /// ln(1 + f) for f in [−0.3, 0.5] = 2·artanh(s) with s = f/(2 + f), whose series 2(s + s³/3 + …) is written as
    /// f − (f²/2 − s(f²/2 + R)): all that is rounded is small beside f.
    /// </summary>
    private string LogOf1Plus(string f)
    {
        var s = Divide(f, Add(f, Constant(2)));
        var square = Multiply(s, s);
        var p = isDouble ? LogarithmSeriesOfDouble(square) : Horner(square, 2.0 / 11, 2.0 / 9, 2.0 / 7, 2.0 / 5, 2.0 / 3);
        var half = Multiply(Multiply(f, Constant(0.5)), f);
        return Subtract(f, FusedMultiplyAdd(Negate(s), FusedMultiplyAdd(p, square, half), half));
    }

    /// <summary>ln(1 + x)/x on [0, 1] by powers of x − ½: the polynomial of degree 9 with the smallest largest relative error, 5e-9.</summary>
    private string SlopeOfLogarithmOfSingle(string x) => Horner(
        Subtract(x, Constant(0.5)),
        -0.0032440119125188237,
        0.005253346888061951,
        -0.006749918488664708,
        0.01157615215730576,
        -0.020570294565883343,
        0.03663547260275055,
        -0.06768769877270468,
        0.13260900393690983,
        -0.2885271104924904,
        0.8109302200046963);

    /// <summary>The series, above ½ that of (1 + x)/2 with ln 2 added.</summary>
    private string Log1pOfUnitOfDouble(string x)
    {
        var isHalved = Less(Constant(0.5), x);
        var log = LogOf1Plus(Select(isHalved, Multiply(Subtract(x, One), Constant(0.5)), x));
        return Select(isHalved, Add(log, Constant(Ln2)), log);
    }

    /// <summary>⅔ + ⅖·s² + … + 2/21·s¹⁸: the rest is below 2e-17 of the logarithm.</summary>
    private string LogarithmSeriesOfDouble(string square)
    {
        var fourth = Multiply(square, square);
        var eighth = Multiply(fourth, fourth);
        var first = Four(square, fourth, 2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9);
        var second = Four(square, fourth, 2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17);
        var third = FusedMultiplyAdd(Constant(2.0 / 21), square, Constant(2.0 / 19));
        return FusedMultiplyAdd(FusedMultiplyAdd(third, eighth, second), eighth, first);
    }

    /// <summary>A polynomial, the coefficient of the highest power first.</summary>
    public string Horner(string x, params ReadOnlySpan<double> coefficients)
    {
        var p = Constant(coefficients[0]);
        foreach (var coefficient in coefficients[1..])
        {
            p = FusedMultiplyAdd(p, x, Constant(coefficient));
        }

        return p;
    }

    private string InDouble(Operation operation, string a, string b)
    {
        var functions = new SpecialFunctions(writer);
        if (isDouble)
        {
            return functions.Evaluate(operation, Held(a), b);
        }

        var result = functions.Evaluate(operation, ToDouble(a), operation == Operation.Power ? ToDouble(b) : "");
        return writer.Op(Register.Single, "cvt.rn.f32.f64", result);
    }

    private string ToDouble(string single) =>
        writer.Op(Register.Double, "cvt.f64.f32", IsConstant(single) ? writer.Op(Register.Single, "mov.f32", single) : single);

    private string Extreme(string which, string a, string b)
    {
        if (!isDouble)
        {
            return Op($"{which}.NaN.f32", Held(a), b);
        }

        // There is no such instruction for doubles: theirs gives the operand that is a number.
        a = Held(a);
        var extreme = Op($"{which}.f64", a, b);
        return Select(Compare("nan", a, b), Constant(double.NaN), extreme);
    }

    private string Op(string opcode, params ReadOnlySpan<string> sources) => writer.Op(register, opcode, sources);

    /// <summary>A constant in a register: not every instruction takes one as its first operand.</summary>
    public string Held(string operand) => IsConstant(operand) ? Op($"mov.{type}", operand) : operand;

    private static bool IsConstant(string operand) => operand[0] == '0';
}

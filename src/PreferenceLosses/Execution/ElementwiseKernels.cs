using System.Numerics;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>Elementwise operations over registers, a multiple of the vector length of rows at a time.</summary>
internal static unsafe class ElementwiseKernels<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Runs an instruction.</summary>
    /// <param name="i">The instruction.</param>
    /// <param name="memory">What its offsets are into.</param>
    /// <param name="count">The number of rows, a multiple of the vector length.</param>
    public static void Run(in MachineInstruction i, T* memory, int count)
    {
        switch (i.Operation)
        {
            case Operation.Negate: Unary<NegateKernel>(i, memory, count); break;
            case Operation.Abs: Unary<AbsKernel>(i, memory, count); break;
            case Operation.Sign: Unary<SignKernel>(i, memory, count); break;
            case Operation.Relu: Unary<ReluKernel>(i, memory, count); break;
            case Operation.Sqrt: Unary<SqrtKernel>(i, memory, count); break;
            case Operation.Exp: Unary<ExpKernel>(i, memory, count); break;
            case Operation.Expm1: Unary<Expm1Kernel>(i, memory, count); break;
            case Operation.Log: Unary<LogKernel>(i, memory, count); break;
            case Operation.Log1p: Unary<Log1pKernel>(i, memory, count); break;
            case Operation.Log1mExp: Unary<Log1mExpKernel>(i, memory, count); break;
            case Operation.Tanh: Unary<TanhKernel>(i, memory, count); break;
            case Operation.ExpMinusAbs: Unary<ExpMinusAbsKernel>(i, memory, count); break;
            case Operation.Log1pOfUnit: Unary<Log1pOfUnitKernel>(i, memory, count); break;
            case Operation.Broadcast: Unary<CopyKernel>(i, memory, count); break;

            case Operation.Add: Binary<AddKernel>(i, memory, count); break;
            case Operation.Subtract: Binary<SubtractKernel>(i, memory, count); break;
            case Operation.Multiply: Binary<MultiplyKernel>(i, memory, count); break;
            case Operation.Divide: Binary<DivideKernel>(i, memory, count); break;
            case Operation.Minimum: Binary<MinimumKernel>(i, memory, count); break;
            case Operation.Maximum: Binary<MaximumKernel>(i, memory, count); break;
            case Operation.Less: Binary<LessKernel>(i, memory, count); break;
            case Operation.LessOrEqual: Binary<LessOrEqualKernel>(i, memory, count); break;
            case Operation.Equal: Binary<EqualKernel>(i, memory, count); break;
            case Operation.ExpTimes: Binary<ExpTimesKernel>(i, memory, count); break;
            case Operation.SigmoidFromExp: Binary<SigmoidFromExpKernel>(i, memory, count); break;

            case Operation.Select: Ternary<SelectKernel>(i, memory, count); break;
            case Operation.Clamp: Ternary<ClampKernel>(i, memory, count); break;

            // Rare in losses, and the base library has no vector form, or one in which an element's digits depend on its neighbours.
            case Operation.Sin or Operation.Cos or Operation.Atan or Operation.Erf or Operation.Erfc or Operation.RoundToSingle
                or Operation.Power:
                OneByOne(i, memory, count);
                break;

            default: throw new InvalidOperationException($"{i.Operation} is not an elementwise operation of a program.");
        }
    }

    private static void OneByOne(in MachineInstruction i, T* memory, int count)
    {
        for (var plane = 0; plane < i.Planes; plane++)
        {
            var d = memory + i.D + (plane * Block.Rows);
            var a = memory + i.A + (plane * i.PlaneA);
            var b = memory + i.B + (plane * i.PlaneB);
            for (var row = 0; row < count; row++)
            {
                var x = double.CreateTruncating(i.StepA == 0 ? *a : a[row]);
                var y = double.CreateTruncating(i.StepB == 0 ? *b : b[row]);
                d[row] = T.CreateTruncating(ScalarFunctions.Evaluate(i.Operation, x, y));
            }
        }
    }

    private static void Unary<TKernel>(in MachineInstruction i, T* memory, int count)
        where TKernel : IUnaryKernel
    {
        for (var plane = 0; plane < i.Planes; plane++)
        {
            var d = memory + i.D + (plane * Block.Rows);
            var a = memory + i.A + (plane * i.PlaneA);
            nint stepA = i.StepA;
            for (var end = d + count; d < end; d += Vector<T>.Count)
            {
                TKernel.Invoke(Vector.Load(a)).Store(d);
                a += stepA;
            }
        }
    }

    private static void Binary<TKernel>(in MachineInstruction i, T* memory, int count)
        where TKernel : IBinaryKernel
    {
        for (var plane = 0; plane < i.Planes; plane++)
        {
            var d = memory + i.D + (plane * Block.Rows);
            var a = memory + i.A + (plane * i.PlaneA);
            var b = memory + i.B + (plane * i.PlaneB);
            nint stepA = i.StepA, stepB = i.StepB;
            for (var end = d + count; d < end; d += Vector<T>.Count)
            {
                TKernel.Invoke(Vector.Load(a), Vector.Load(b)).Store(d);
                a += stepA;
                b += stepB;
            }
        }
    }

    private static void Ternary<TKernel>(in MachineInstruction i, T* memory, int count)
        where TKernel : ITernaryKernel
    {
        for (var plane = 0; plane < i.Planes; plane++)
        {
            var d = memory + i.D + (plane * Block.Rows);
            var a = memory + i.A + (plane * i.PlaneA);
            var b = memory + i.B + (plane * i.PlaneB);
            var c = memory + i.C + (plane * i.PlaneC);
            nint stepA = i.StepA, stepB = i.StepB, stepC = i.StepC;
            for (var end = d + count; d < end; d += Vector<T>.Count)
            {
                TKernel.Invoke(Vector.Load(a), Vector.Load(b), Vector.Load(c)).Store(d);
                a += stepA;
                b += stepB;
                c += stepC;
            }
        }
    }

    private static Vector<T> OneWhere(Vector<T> mask) => Vector.ConditionalSelect(mask, Vector<T>.One, Vector<T>.Zero);

    private interface IUnaryKernel
    {
        static abstract Vector<T> Invoke(Vector<T> x);
    }

    private interface IBinaryKernel
    {
        static abstract Vector<T> Invoke(Vector<T> x, Vector<T> y);
    }

    private interface ITernaryKernel
    {
        static abstract Vector<T> Invoke(Vector<T> x, Vector<T> y, Vector<T> z);
    }

    private struct CopyKernel : IUnaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x) => x;
    }

    private struct NegateKernel : IUnaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x) => -x;
    }

    private struct AbsKernel : IUnaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x) => Vector.Abs(x);
    }

    private struct SignKernel : IUnaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x) =>
            OneWhere(Vector.GreaterThan(x, Vector<T>.Zero)) - OneWhere(Vector.LessThan(x, Vector<T>.Zero));
    }

    private struct ReluKernel : IUnaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x) => Vector.Max(x, Vector<T>.Zero);
    }

    private struct SqrtKernel : IUnaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x) => Vector.SquareRoot(x);
    }

    private struct ExpKernel : IUnaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x) => VectorFunctions.Exp(x);
    }

    private struct Expm1Kernel : IUnaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x) => VectorFunctions.Expm1(x);
    }

    private struct LogKernel : IUnaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x) => VectorFunctions.Log(x);
    }

    private struct Log1pKernel : IUnaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x) => VectorFunctions.Log1p(x);
    }

    private struct Log1mExpKernel : IUnaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x) => VectorFunctions.Log1mExp(x);
    }

    private struct TanhKernel : IUnaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x) => VectorFunctions.Tanh(x);
    }

    private struct ExpMinusAbsKernel : IUnaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x) => VectorFunctions.Exp(-Vector.Abs(x));
    }

    private struct Log1pOfUnitKernel : IUnaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x) => VectorFunctions.Log1pOfUnit(x);
    }

    private struct AddKernel : IBinaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x, Vector<T> y) => x + y;
    }

    private struct SubtractKernel : IBinaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x, Vector<T> y) => x - y;
    }

    private struct MultiplyKernel : IBinaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x, Vector<T> y) => x * y;
    }

    private struct DivideKernel : IBinaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x, Vector<T> y) => x / y;
    }

    private struct MinimumKernel : IBinaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.Min(x, y);
    }

    private struct MaximumKernel : IBinaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.Max(x, y);
    }

    private struct LessKernel : IBinaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x, Vector<T> y) => OneWhere(Vector.LessThan(x, y));
    }

    private struct LessOrEqualKernel : IBinaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x, Vector<T> y) => OneWhere(Vector.LessThanOrEqual(x, y));
    }

    private struct EqualKernel : IBinaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x, Vector<T> y) => OneWhere(Vector.Equals(x, y));
    }

    private struct ExpTimesKernel : IBinaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x, Vector<T> factor) => VectorFunctions.ExpTimes(x, factor);
    }

    private struct SigmoidFromExpKernel : IBinaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x, Vector<T> expMinusAbs) =>
            Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), expMinusAbs, Vector<T>.One) / (Vector<T>.One + expMinusAbs);
    }

    private struct SelectKernel : ITernaryKernel
    {
        public static Vector<T> Invoke(Vector<T> condition, Vector<T> then, Vector<T> otherwise) =>
            Vector.ConditionalSelect(Vector.Equals(condition, Vector<T>.Zero), otherwise, then);
    }

    private struct ClampKernel : ITernaryKernel
    {
        public static Vector<T> Invoke(Vector<T> x, Vector<T> minimum, Vector<T> maximum) =>
            Vector.Min(Vector.Max(x, minimum), maximum);
    }
}

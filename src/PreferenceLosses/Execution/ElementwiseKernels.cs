using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution;

/// <summary>
/// Elementwise operations over a register of <c>count</c> values, a multiple of the vector length. An operand is a
/// pointer and a step: the vector length for a register, 0 for a scalar that is broadcast to one vector.
/// </summary>
internal static unsafe class ElementwiseKernels<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static void Run(Operation operation, T* d, int count, T* a, int stepA, T* b, int stepB, T* c, int stepC)
    {
        switch (operation)
        {
            case Operation.Negate: Unary<NegateKernel>(d, count, a, stepA); break;
            case Operation.Abs: Unary<AbsKernel>(d, count, a, stepA); break;
            case Operation.Sign: Unary<SignKernel>(d, count, a, stepA); break;
            case Operation.Relu: Unary<ReluKernel>(d, count, a, stepA); break;
            case Operation.Sqrt: Unary<SqrtKernel>(d, count, a, stepA); break;
            case Operation.Exp: Unary<ExpKernel>(d, count, a, stepA); break;
            case Operation.Expm1: Unary<Expm1Kernel>(d, count, a, stepA); break;
            case Operation.Log: Unary<LogKernel>(d, count, a, stepA); break;
            case Operation.Log1p: Unary<Log1pKernel>(d, count, a, stepA); break;
            case Operation.Log1mExp: Unary<Log1mExpKernel>(d, count, a, stepA); break;
            case Operation.ExpMinusAbs: Unary<ExpMinusAbsKernel>(d, count, a, stepA); break;
            case Operation.Log1pOfUnit: Unary<Log1pOfUnitKernel>(d, count, a, stepA); break;
            case Operation.Broadcast: Unary<CopyKernel>(d, count, a, stepA); break;

            case Operation.Add: Binary<AddKernel>(d, count, a, stepA, b, stepB); break;
            case Operation.Subtract: Binary<SubtractKernel>(d, count, a, stepA, b, stepB); break;
            case Operation.Multiply: Binary<MultiplyKernel>(d, count, a, stepA, b, stepB); break;
            case Operation.Divide: Binary<DivideKernel>(d, count, a, stepA, b, stepB); break;
            case Operation.Minimum: Binary<MinimumKernel>(d, count, a, stepA, b, stepB); break;
            case Operation.Maximum: Binary<MaximumKernel>(d, count, a, stepA, b, stepB); break;
            case Operation.Less: Binary<LessKernel>(d, count, a, stepA, b, stepB); break;
            case Operation.LessOrEqual: Binary<LessOrEqualKernel>(d, count, a, stepA, b, stepB); break;
            case Operation.Equal: Binary<EqualKernel>(d, count, a, stepA, b, stepB); break;
            case Operation.SigmoidFromExp: Binary<SigmoidFromExpKernel>(d, count, a, stepA, b, stepB); break;

            case Operation.Select: Ternary<SelectKernel>(d, count, a, stepA, b, stepB, c, stepC); break;
            case Operation.Clamp: Ternary<ClampKernel>(d, count, a, stepA, b, stepB, c, stepC); break;

            // Rare in losses: the base library's, which takes spans.
            case Operation.Tanh: TensorPrimitives.Tanh(Operand(a, count), Result(d, count)); break;
            case Operation.Sin: TensorPrimitives.Sin(Operand(a, count), Result(d, count)); break;
            case Operation.Cos: TensorPrimitives.Cos(Operand(a, count), Result(d, count)); break;
            case Operation.Atan: TensorPrimitives.Atan(Operand(a, count), Result(d, count)); break;

            // What no vector form exists for.
            case Operation.Erf or Operation.Erfc or Operation.Power:
                OneByOne(operation, d, count, a, stepA, b, stepB);
                break;

            default: throw new InvalidOperationException($"{operation} is not an elementwise operation of a program.");
        }
    }

    private static ReadOnlySpan<T> Operand(T* a, int count) => new(a, count);

    private static Span<T> Result(T* d, int count) => new(d, count);

    private static void OneByOne(Operation operation, T* d, int count, T* a, int stepA, T* b, int stepB)
    {
        for (var i = 0; i < count; i++)
        {
            var x = double.CreateTruncating(stepA == 0 ? *a : a[i]);
            var y = b == null ? 0 : double.CreateTruncating(stepB == 0 ? *b : b[i]);
            d[i] = T.CreateTruncating(ScalarFunctions.Evaluate(operation, x, y));
        }
    }

    private static void Unary<TKernel>(T* d, int count, T* a, int stepA)
        where TKernel : IUnaryKernel
    {
        for (var i = 0; i < count; i += Vector<T>.Count)
        {
            TKernel.Invoke(Vector.Load(a)).Store(d + i);
            a += stepA;
        }
    }

    private static void Binary<TKernel>(T* d, int count, T* a, int stepA, T* b, int stepB)
        where TKernel : IBinaryKernel
    {
        for (var i = 0; i < count; i += Vector<T>.Count)
        {
            TKernel.Invoke(Vector.Load(a), Vector.Load(b)).Store(d + i);
            a += stepA;
            b += stepB;
        }
    }

    private static void Ternary<TKernel>(T* d, int count, T* a, int stepA, T* b, int stepB, T* c, int stepC)
        where TKernel : ITernaryKernel
    {
        for (var i = 0; i < count; i += Vector<T>.Count)
        {
            TKernel.Invoke(Vector.Load(a), Vector.Load(b), Vector.Load(c)).Store(d + i);
            a += stepA;
            b += stepB;
            c += stepC;
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
        // x itself where it is neither above nor below 0: zeros, and NaN.
        public static Vector<T> Invoke(Vector<T> x) => Vector.ConditionalSelect(
            Vector.GreaterThan(x, Vector<T>.Zero),
            Vector<T>.One,
            Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), -Vector<T>.One, x));
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

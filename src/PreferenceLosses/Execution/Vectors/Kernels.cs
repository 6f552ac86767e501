using System.Numerics;
using System.Runtime.CompilerServices;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Execution.Vectors;

/// <summary>An elementwise operation of one operand, on vectors of any width.</summary>
internal interface IUnaryKernel<L>
{
    static abstract L Invoke(L x);
}

/// <summary>An elementwise operation of two operands.</summary>
internal interface IBinaryKernel<L>
{
    static abstract L Invoke(L x, L y);
}

/// <summary>An elementwise operation of three operands.</summary>
internal interface ITernaryKernel<L>
{
    static abstract L Invoke(L x, L y, L z);
}

/// <summary>Something that is done with the kernel of an operation: running it over registers, or writing code that calls it.</summary>
internal interface IKernelVisitor<L>
{
    void Unary<TKernel>()
        where TKernel : IUnaryKernel<L>;

    void Binary<TKernel>()
        where TKernel : IBinaryKernel<L>;

    void Ternary<TKernel>()
        where TKernel : ITernaryKernel<L>;
}

/// <summary>The elementwise operations, written once for every precision, every width, interpreted and generated code.</summary>
internal static unsafe class Kernels<L, T>
    where L : struct, ILanes<L, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Finds the kernel of an operation.</summary>
    public static void Visit<TVisitor>(Operation operation, ref TVisitor visitor)
        where TVisitor : struct, IKernelVisitor<L>
    {
        switch (operation)
        {
            case Operation.Negate: visitor.Unary<Negate>(); break;
            case Operation.Abs: visitor.Unary<Abs>(); break;
            case Operation.Sign: visitor.Unary<Sign>(); break;
            case Operation.Relu: visitor.Unary<Relu>(); break;
            case Operation.Sqrt: visitor.Unary<Sqrt>(); break;
            case Operation.Exp: visitor.Unary<Exp>(); break;
            case Operation.Expm1: visitor.Unary<Expm1>(); break;
            case Operation.Log: visitor.Unary<Log>(); break;
            case Operation.Log1p: visitor.Unary<Log1p>(); break;
            case Operation.Log1mExp: visitor.Unary<Log1mExp>(); break;
            case Operation.Tanh: visitor.Unary<Tanh>(); break;
            case Operation.ExpMinusAbs: visitor.Unary<ExpMinusAbs>(); break;
            case Operation.Log1pOfUnit: visitor.Unary<Log1pOfUnit>(); break;
            case Operation.ExpOfRest: visitor.Unary<ExpOfRest>(); break;
            case Operation.Broadcast: visitor.Unary<Copy>(); break;

            case Operation.Add: visitor.Binary<Add>(); break;
            case Operation.Subtract: visitor.Binary<Subtract>(); break;
            case Operation.Multiply: visitor.Binary<Multiply>(); break;
            case Operation.Divide: visitor.Binary<Divide>(); break;
            case Operation.Minimum: visitor.Binary<Minimum>(); break;
            case Operation.Maximum: visitor.Binary<Maximum>(); break;
            case Operation.Less: visitor.Binary<Less>(); break;
            case Operation.LessOrEqual: visitor.Binary<LessOrEqual>(); break;
            case Operation.Equal: visitor.Binary<Equal>(); break;
            case Operation.ExpTimes: visitor.Binary<ExpTimes>(); break;

            case Operation.SigmoidFromExp: visitor.Ternary<SigmoidFromExp>(); break;
            case Operation.ExpTimesOfRest: visitor.Ternary<ExpTimesOfRest>(); break;
            case Operation.Select: visitor.Ternary<Select>(); break;
            case Operation.Clamp: visitor.Ternary<Clamp>(); break;

            // Rare in losses, and the base library has no vector form, or one in which an element's digits depend on its neighbours.
            case Operation.Sin: visitor.Unary<Sin>(); break;
            case Operation.Cos: visitor.Unary<Cos>(); break;
            case Operation.Atan: visitor.Unary<Atan>(); break;
            case Operation.Erf: visitor.Unary<Erf>(); break;
            case Operation.Erfc: visitor.Unary<Erfc>(); break;
            case Operation.RoundToSingle: visitor.Unary<RoundToSingle>(); break;
            case Operation.Power: visitor.Binary<Power>(); break;

            default: throw new InvalidOperationException($"{operation} is not an elementwise operation of a program.");
        }
    }

    private static L One
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => L.Create(1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L OneWhere(L mask) => mask & One;

    /// <summary>One lane after the other, in double precision.</summary>
    private static L OneByOne(Operation operation, L x, L y)
    {
        var xs = stackalloc T[L.Count];
        var ys = stackalloc T[L.Count];
        L.Store(x, xs);
        L.Store(y, ys);
        for (var i = 0; i < L.Count; i++)
        {
            xs[i] = T.CreateTruncating(ScalarFunctions.Evaluate(operation, double.CreateTruncating(xs[i]), double.CreateTruncating(ys[i])));
        }

        return L.Load(xs);
    }

    private readonly struct Copy : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => x;
    }

    private readonly struct Negate : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => -x;
    }

    private readonly struct Abs : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => L.Abs(x);
    }

    private readonly struct Sign : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => OneWhere(L.Less(default, x)) - OneWhere(L.Less(x, default));
    }

    private readonly struct Relu : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => L.HoldAbove(default, x);
    }

    private readonly struct Sqrt : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => L.Sqrt(x);
    }

    private readonly struct Exp : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => VectorFunctions<L, T>.Exp(x);
    }

    private readonly struct Expm1 : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => VectorFunctions<L, T>.Expm1(x);
    }

    private readonly struct Log : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => VectorFunctions<L, T>.Log(x);
    }

    private readonly struct Log1p : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => VectorFunctions<L, T>.Log1p(x);
    }

    private readonly struct Log1mExp : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => VectorFunctions<L, T>.Log1mExp(x);
    }

    private readonly struct Tanh : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => VectorFunctions<L, T>.Tanh(x);
    }

    private readonly struct ExpMinusAbs : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => VectorFunctions<L, T>.Exp(-L.Abs(x));
    }

    private readonly struct Log1pOfUnit : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => VectorFunctions<L, T>.Log1pOfUnit(x);
    }

    private readonly struct Add : IBinaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x, L y) => x + y;
    }

    private readonly struct Subtract : IBinaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x, L y) => x - y;
    }

    private readonly struct Multiply : IBinaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x, L y) => x * y;
    }

    private readonly struct Divide : IBinaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x, L y) => x / y;
    }

    private readonly struct Minimum : IBinaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x, L y) => L.Min(x, y);
    }

    private readonly struct Maximum : IBinaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x, L y) => L.Max(x, y);
    }

    private readonly struct Less : IBinaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x, L y) => OneWhere(L.Less(x, y));
    }

    private readonly struct LessOrEqual : IBinaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x, L y) => OneWhere(L.LessOrEqual(x, y));
    }

    private readonly struct Equal : IBinaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x, L y) => OneWhere(L.Equal(x, y));
    }

    private readonly struct ExpTimes : IBinaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x, L y) => VectorFunctions<L, T>.ExpTimes(x, y);
    }

    private readonly struct ExpOfRest : IUnaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x) => VectorFunctions<L, T>.ExpOfRest(x);
    }

    private readonly struct ExpTimesOfRest : ITernaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x, L rest, L y) => VectorFunctions<L, T>.ExpTimesOfRest(x, rest, y);
    }

    private readonly struct SigmoidFromExp : ITernaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x, L expMinusAbs, L reciprocal) => L.Select(L.Less(x, default), expMinusAbs * reciprocal, reciprocal);
    }

    private readonly struct Select : ITernaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L condition, L then, L otherwise) => L.Select(L.Equal(condition, default), otherwise, then);
    }

    private readonly struct Clamp : ITernaryKernel<L>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static L Invoke(L x, L minimum, L maximum) => L.Min(L.Max(x, minimum), maximum);
    }

    private readonly struct Sin : IUnaryKernel<L>
    {
        public static L Invoke(L x) => OneByOne(Operation.Sin, x, x);
    }

    private readonly struct Cos : IUnaryKernel<L>
    {
        public static L Invoke(L x) => OneByOne(Operation.Cos, x, x);
    }

    private readonly struct Atan : IUnaryKernel<L>
    {
        public static L Invoke(L x) => OneByOne(Operation.Atan, x, x);
    }

    private readonly struct Erf : IUnaryKernel<L>
    {
        public static L Invoke(L x) => OneByOne(Operation.Erf, x, x);
    }

    private readonly struct Erfc : IUnaryKernel<L>
    {
        public static L Invoke(L x) => OneByOne(Operation.Erfc, x, x);
    }

    private readonly struct RoundToSingle : IUnaryKernel<L>
    {
        public static L Invoke(L x) => OneByOne(Operation.RoundToSingle, x, x);
    }

    private readonly struct Power : IBinaryKernel<L>
    {
        public static L Invoke(L x, L y) => OneByOne(Operation.Power, x, y);
    }
}

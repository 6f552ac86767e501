using System.Numerics;

namespace PreferenceLosses.Execution.Vectors;

/// <summary>Runs the kernel of an instruction over registers, a whole number of vectors of rows at a time.</summary>
/// <param name="instruction">The instruction.</param>
/// <param name="memory">What its offsets are into.</param>
/// <param name="count">The number of rows, a multiple of the vector length.</param>
internal readonly unsafe struct KernelRunner<L, T>(in MachineInstruction instruction, T* memory, int count) : IKernelVisitor<L>
    where L : struct, ILanes<L, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly MachineInstruction i = instruction;
    private readonly T* memory = memory;
    private readonly int count = count;

    public void Unary<TKernel>()
        where TKernel : IUnaryKernel<L>
    {
        for (var plane = 0; plane < i.Planes; plane++)
        {
            var d = memory + i.D + (plane * Block.Rows);
            var a = memory + i.A + (plane * i.PlaneA);
            nint stepA = i.StepA;
            for (var end = d + count; d < end; d += L.Count)
            {
                L.Store(TKernel.Invoke(L.Load(a)), d);
                a += stepA;
            }
        }
    }

    public void Binary<TKernel>()
        where TKernel : IBinaryKernel<L>
    {
        for (var plane = 0; plane < i.Planes; plane++)
        {
            var d = memory + i.D + (plane * Block.Rows);
            var a = memory + i.A + (plane * i.PlaneA);
            var b = memory + i.B + (plane * i.PlaneB);
            nint stepA = i.StepA, stepB = i.StepB;
            for (var end = d + count; d < end; d += L.Count)
            {
                L.Store(TKernel.Invoke(L.Load(a), L.Load(b)), d);
                a += stepA;
                b += stepB;
            }
        }
    }

    public void Ternary<TKernel>()
        where TKernel : ITernaryKernel<L>
    {
        for (var plane = 0; plane < i.Planes; plane++)
        {
            var d = memory + i.D + (plane * Block.Rows);
            var a = memory + i.A + (plane * i.PlaneA);
            var b = memory + i.B + (plane * i.PlaneB);
            var c = memory + i.C + (plane * i.PlaneC);
            nint stepA = i.StepA, stepB = i.StepB, stepC = i.StepC;
            for (var end = d + count; d < end; d += L.Count)
            {
                L.Store(TKernel.Invoke(L.Load(a), L.Load(b), L.Load(c)), d);
                a += stepA;
                b += stepB;
                c += stepC;
            }
        }
    }
}

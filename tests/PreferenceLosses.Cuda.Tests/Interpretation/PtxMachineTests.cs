namespace PreferenceLosses.Cuda.Tests.Interpretation;

/// <summary>The interpreter itself, on kernels of a few lines: what it computes, and what it has to refuse.</summary>
public class PtxMachineTests
{
    private const string Registers = ".reg .pred %p<4>; .reg .b32 %r<9>; .reg .b64 %rd<9>; .reg .f32 %f<9>; .reg .f64 %fd<9>;";

    [Theory]
    [InlineData("fma.rn.f32 %f3, %f1, %f2, 0fC0400000;", 1.5f, 2.5f, 0.75f)]
    [InlineData("min.f32 %f3, %f1, %f2;", float.NaN, 2f, 2f)]
    [InlineData("min.NaN.f32 %f3, %f1, %f2;", float.NaN, 2f, float.NaN)]
    [InlineData("setp.ltu.f32 %p1, %f1, %f2; selp.f32 %f3, 0f3F800000, 0f00000000, %p1;", float.NaN, 2f, 1f)]
    [InlineData("setp.lt.f32 %p1, %f1, %f2; selp.f32 %f3, 0f3F800000, 0f00000000, %p1;", float.NaN, 2f, 0f)]
    [InlineData("setp.ne.f32 %p1, %f1, %f2; selp.f32 %f3, 0f3F800000, 0f00000000, %p1;", float.NaN, 2f, 0f)]
    [InlineData("cvt.rzi.s32.f32 %r1, %f1; cvt.rn.f32.s32 %f3, %r1;", -2.75f, 0f, -2f)]
    [InlineData("mov.b32 %r1, %f1; shr.s32 %r1, %r1, 23; cvt.rn.f32.s32 %f3, %r1;", -1f, 0f, -129f)]
    [InlineData("mov.b32 %r1, %f1; shr.u32 %r1, %r1, 40; cvt.rn.f32.s32 %f3, %r1;", -1f, 0f, 0f)]
    [InlineData("mov.b32 %r1, %f1; bfe.s32 %r1, %r1, 23, 8; cvt.rn.f32.s32 %f3, %r1;", 2f, 0f, -128f)]
    [InlineData("mov.b32 %r1, %f1; bfe.s32 %r1, %r1, 23, 8; cvt.rn.f32.s32 %f3, %r1;", 1f, 0f, 127f)]
    [InlineData("cvt.rzi.u32.f32 %r1, %f1; cvt.rn.f32.u32 %f3, %r1;", 2.75f, 0f, 2f)]
    [InlineData("cvt.rzi.u32.f32 %r1, %f1; cvt.rn.f32.u32 %f3, %r1;", -2.75f, 0f, 0f)]
    [InlineData("ex2.approx.ftz.f32 %f3, %f1;", 3f, 0f, 8f)]
    [InlineData("cvt.rn.bf16x2.f32 %r1, %f1, %f2; and.b32 %r1, %r1, -65536; mov.b32 %f3, %r1;", 1.00390625f, 0f, 1f)]
    [InlineData("cvt.f64.f32 %fd1, %f1; cvt.rni.f64.f64 %fd1, %fd1; cvt.rn.f32.f64 %f3, %fd1;", 2.5f, 0f, 2f)]
    [InlineData("@!%p0 mov.f32 %f3, %f2; setp.eq.f32 %p1, %f1, %f1; @!%p1 mov.f32 %f3, %f1; @%p1 mov.f32 %f3, %f2;", 1f, 2f, 2f)]
    public void An_instruction_gives(string instructions, float a, float b, float expected)
    {
        var memory = new EmulatedMemory();
        var input = memory.Allocate<float>("input", [a, b]);
        var output = memory.Allocate("output", 4);
        Run(memory, $"ld.global.nc.f32 %f1, [%rd1]; ld.global.nc.f32 %f2, [%rd1+4]; {instructions} @%p2 st.global.f32 [%rd2], %f3;", input.Start, output.Start);
        Assert.Equal(expected, EmulatedMemory.Read<float>(output)[0]);
    }

    [Theory]
    [InlineData("ld.global.f32 %f1, [%rd1+2];", "multiple")]
    [InlineData("ld.global.f32 %f1, [%rd1+8];", "no region")]
    [InlineData("ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%rd1];", "no region")]
    [InlineData("ld.global.f32 %f99, [%rd1];", "not declared")]
    [InlineData("ld.global.f32 %r1, [%rd1];", "is .b32 where .f32", false)]
    [InlineData("add.rn.f32 %f1, %fd1, %f2;", "is .f64 where .f32")]
    [InlineData("add.s32 %r1, %f1, %r2;", "is .f32 where .s32")]
    [InlineData("add.rn.f32 %f1, %f2, 1;", "integer where .f32")]
    [InlineData("ld.f32 %f1, [%rd1];", "generic")]
    [InlineData("st.global.nc.f32 [%rd1], %f1;", "not written")]
    [InlineData("ld.global.nc.f32 %f1, [%rd1]; st.global.f32 [%rd1], %f1;", "reads by ld.global.nc")]
    [InlineData("setp.eq.s32 %p1, %r3, 0; @%p1 bar.sync 0;", "not all threads")]
    [InlineData("setp.eq.s32 %p1, %r3, 0; @%p1 shfl.sync.bfly.b32 %r1, %r3, 1, 31, -1;", "not the whole warp")]
    [InlineData("frobnicate.f32 %f1, %f2;", "not known")]
    [InlineData("$again: bra $again;", "does not end")]
    public void What_a_device_would_not_do_is_an_error(string instructions, string message, bool isError = true)
    {
        var memory = new EmulatedMemory();
        var region = memory.Allocate<float>("input", [1, 2]);
        if (isError)
        {
            Assert.Contains(message, Assert.Throws<PtxException>(() => Run(memory, instructions, region.Start, region.Start)).Message, StringComparison.Ordinal);
        }
        else
        {
            // Untyped registers of the same size take any number.
            Run(memory, instructions, region.Start, region.Start);
        }
    }

    [Fact]
    public void Shared_memory_is_NaN_until_it_is_written()
    {
        var memory = new EmulatedMemory();
        var output = memory.Allocate<float>("output", [0]);
        Run(memory, ".shared .align 4 .b8 s[4]; ld.shared.f32 %f1, [s]; @%p2 st.global.f32 [%rd1], %f1;", output.Start, output.Start);
        Assert.Equal(float.NaN, EmulatedMemory.Read<float>(output)[0]);
    }

    [Theory]
    [InlineData(ThreadOrder.Forward, 31)]
    [InlineData(ThreadOrder.Backward, 0)]
    public void A_race_shows_in_the_order_of_threads(ThreadOrder order, float winner)
    {
        var memory = new EmulatedMemory();
        var output = memory.Allocate<float>("output", [0]);
        Run(memory, "cvt.rn.f32.s32 %f1, %r3; st.global.f32 [%rd1], %f1;", output.Start, output.Start, order);
        Assert.Equal(winner, EmulatedMemory.Read<float>(output)[0]);
    }

    private static void Run(EmulatedMemory memory, string body, ulong first, ulong second, ThreadOrder order = ThreadOrder.Forward)
    {
        var text = $$"""
            .version 7.0
            .target sm_80
            .visible .entry kernel(.param .u64 a, .param .u64 b)
            {
            {{Registers}}
            ld.param.u64 %rd1, [a];
            ld.param.u64 %rd2, [b];
            mov.u32 %r3, %tid.x;
            setp.eq.s32 %p2, %r3, 0;
            setp.eq.s32 %p0, %r3, %r3;
            {{body}}
            ret;
            }
            """;
        new PtxMachine(memory) { Order = order }.Launch(PtxModule.Parse(text)["kernel"], 1, 32, first, second);
    }
}

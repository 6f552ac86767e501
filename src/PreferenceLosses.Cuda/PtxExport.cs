using System.Globalization;
using System.Text;
using PreferenceLosses.Cuda.Emission;
using PreferenceLosses.Execution;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Cuda;

/// <summary>The kernels of a loss as text, for those who launch them themselves.</summary>
public static class PtxExport
{
    /// <summary>
    /// The PTX of the kernels from logits to log-probabilities and back, of all formats: a module without hyper-parameters, the same for every loss. The
    /// kernels and their parameters are described in their source, <c>Kernels/logits.cu</c>.
    /// </summary>
    public static string LogitKernels => RowKernels.Module.Ptx;

    /// <summary>
    /// The PTX (version 7.0, for compute capability 8.0 and later) of the mean loss in single precision with unreduced losses, implicit rewards and
    /// all gradients. Comments at its start say what the parameters are and how it is launched.
    /// </summary>
    /// <param name="loss">The loss. Its hyper-parameters are not in the text: what is computed from them is among the kernels' parameters.</param>
    /// <param name="responses">K, the number of responses per row, for losses of ranked responses; not looked at by others.</param>
    /// <exception cref="NotSupportedException">The loss sorts or scans its batch, which kernels do not do, or K is above 32.</exception>
    public static string ToPtx(IPreferenceLoss loss, int responses = 4)
    {
        ArgumentNullException.ThrowIfNull(loss);
        var graph = loss.Graph;
        var gradients = graph.Inputs.Select((input, i) => input.IsDifferentiable ? 1UL << i : 0).Aggregate(0UL, (all, one) => all | one);
        var isPerResponse = graph.Inputs.Any(i => i.Shape == Shape.Responses);
        var variant = new KernelVariant(new ResultSelection(Losses: true, Rewards: graph.Rewards is not null, gradients, IsWeighted: false), Reduction.Mean)
        {
            Responses = isPerResponse ? Math.Min(responses, graph.MaximumResponses ?? responses) : 1,
        };
        var kernel = LossKernel.Of(loss, variant);
        return Header(loss, kernel, variant, isPerResponse) + kernel.Text;
    }

    private static string Header(IPreferenceLoss loss, LossKernel kernel, KernelVariant variant, bool isPerResponse)
    {
        var text = new StringBuilder();
        Line(text, $"{loss}, single precision, mean over the rows.");
        if (isPerResponse)
        {
            Line(text, $"K = {variant.Responses} responses per row, row-major; all of them valid.");
        }

        Line(text, $"Up to {LaunchShape.Default.WholeRows} rows: {KernelEmitter.WholeEntry}, one block of whole warps, at most {KernelEmitter.BlockThreads} threads.");
        var passes = kernel.Launches(int.MaxValue, LaunchShape.Default).Select(l => l.Entry);
        Line(text, $"More: {string.Join(", ", passes)}, each of min({ScratchLayout.MaxBlocks}, rows / {KernelEmitter.PassThreads * kernel.RowsPerThread}) blocks of {KernelEmitter.PassThreads} threads, the last one of one block.");
        Line(text, "");
        foreach (var parameter in kernel.Parameters)
        {
            Line(text, $"{parameter.Name}: {Meaning(kernel, parameter)}");
        }

        Line(text, "");
        Line(text, $"The scalars of the host for 1024 rows and these hyper-parameters: {HostScalars(loss, kernel)}.");
        return text.Append('\n').ToString();
    }

    private static string Meaning(LossKernel kernel, KernelParameter parameter) => parameter.Argument switch
    {
        Argument.Rows => "the number of rows",
        Argument.Blocks => "the number of blocks of the passes before the last kernel",
        Argument.Column => $"address of {kernel.Columns[parameter.Index].Name}, floats",
        Argument.Output when kernel.RowOutputs[parameter.Index - kernel.FirstRowOutput] is var name =>
            name[0] == '·' ? $"address for {name[1..]}, floats" : $"address for the gradient of {name}, floats",
        Argument.ScalarOutputs => "address for doubles: the reduced loss, then, where there are rewards, their two means and the accuracy",
        Argument.Scratch => string.Create(CultureInfo.InvariantCulture, $"address of {kernel.ScratchBytes(0)} bytes and {kernel.ScratchBytes(4) - kernel.ScratchBytes(0)} per four rows begun, aligned to 8"),
        Argument.Double => "a scalar of the host",
        _ => "a scalar of the host, rounded",
    };

    private static string HostScalars(IPreferenceLoss loss, LossKernel kernel)
    {
        // Scalar inputs are the caller's; 0 stands for them here.
        var inputs = loss.Graph.Inputs.Where(i => i.Shape == Shape.Scalar).ToDictionary(i => i.Name!, _ => 0.0);
        var values = kernel.HostScalars(1024, loss.Parameters, inputs);
        return string.Join(", ", kernel.Parameters.Where(p => p.Argument is Argument.Double or Argument.Single)
            .Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Name} = {values[p.Index]:R}")));
    }

    private static void Line(StringBuilder text, FormattableString line) => Line(text, FormattableString.Invariant(line));

    private static void Line(StringBuilder text, string line) => text.Append("//").Append(line.Length > 0 ? " " : "").Append(line).Append('\n');
}

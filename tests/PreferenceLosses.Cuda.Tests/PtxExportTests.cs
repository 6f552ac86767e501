using PreferenceLosses.Cuda.Tests.Interpretation;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cuda.Tests;

/// <summary>Kernels as text for others: that it is PTX, and says what its parameters are.</summary>
public class PtxExportTests
{
    [Fact]
    public void The_text_is_a_module_and_names_every_parameter()
    {
        var text = PtxExport.ToPtx(LossCatalog.BuiltIn.Find("beta-dpo").Loss);
        var kernels = PtxModule.Parse(text);
        Assert.Equal(["loss", "loss_finish", "loss_pass_0", "loss_pass_1"], kernels.Keys.Order());
        Assert.All(kernels["loss"].Parameters, parameter => Assert.Contains($"// {parameter.Name}: ", text, StringComparison.Ordinal));
        Assert.Contains("address of reference_rejected, floats", text, StringComparison.Ordinal);
        Assert.Contains("address for the gradient of policy_chosen, floats", text, StringComparison.Ordinal);
        Assert.Contains("address for rejected reward, floats", text, StringComparison.Ordinal);
        Assert.Contains(" = 0.0009765625", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Ranked_losses_are_written_for_a_number_of_responses()
    {
        var loss = LossCatalog.BuiltIn.Find("plackett-luce").Loss;
        Assert.StartsWith("// plackett-luce (beta = 0.1), single precision, mean over the rows.\n// K = 6 responses per row", PtxExport.ToPtx(loss, responses: 6), StringComparison.Ordinal);
        Assert.NotEqual(PtxExport.ToPtx(loss, responses: 6), PtxExport.ToPtx(loss));
    }
}

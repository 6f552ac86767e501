using System.Globalization;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;

namespace PreferenceLosses.Tests.Text.Writing;

/// <summary>Exports are for machines: the culture of the person does not show in them.</summary>
public class ExportCultureTests
{
    [Fact]
    public void A_decimal_comma_is_never_written()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NegativeSign = "~";
        var expected = Texts();
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = culture;
        try
        {
            Assert.Equal("~0,5", (-0.5).ToString(CultureInfo.CurrentCulture));
            Assert.Equal(expected, Texts());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static string[] Texts() =>
    [
        .. ExportedLosses.ByName.Values.SelectMany(loss => new[] { loss.ToPyTorch(), loss.ToLatex(), loss.ToFormula(), loss.ToCSharp() }),
        .. ExportedLosses.ByName.Values.Where(loss => loss.Graph.Inputs.All(input => PairColumns.Names.Contains(input.Name))).Select(loss => loss.ToTrl()),
    ];
}
